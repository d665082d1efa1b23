package dev.fern.detection.image;

import java.nio.FloatBuffer;

/**
 * Turns an image into network input: normalised, resized with bilinear interpolation in floating
 * point (pixel centres at half, no smoothing beforehand: torchvision's {@code interpolate} with
 * {@code align_corners=False}), and padded with zeros on the right and below. Thread-safe.
 */
public final class ImageTransform {

    private static final int CHANNELS = 3;

    private final float[][] tables = new float[CHANNELS][];

    /** A transform with this normalisation. */
    public ImageTransform(PixelNormalization normalization) {
        for (int channel = 0; channel < CHANNELS; channel++) {
            tables[channel] = normalization.table(channel);
        }
    }

    /** Number of floats that an image on this canvas takes. */
    public static int length(Canvas canvas) {
        return Math.multiplyExact(
                CHANNELS, Math.multiplyExact(canvas.size().width(), canvas.size().height()));
    }

    /**
     * Writes one image as [3, canvas height, canvas width] in the order red, green, blue.
     *
     * @param image of the size that {@code canvas} is for
     * @param target takes {@link #length} floats from index {@code offset}; its position is not
     *     used
     */
    public void write(BgrImage image, Canvas canvas, FloatBuffer target, int offset) {
        int imageWidth = image.width();
        int imageHeight = image.height();
        if (imageWidth != canvas.image().width() || imageHeight != canvas.image().height()) {
            throw new IllegalArgumentException(
                    "an image of "
                            + imageWidth
                            + "x"
                            + imageHeight
                            + " on a canvas for "
                            + canvas.image());
        }
        int width = canvas.size().width();
        int height = canvas.size().height();
        int resizedWidth = canvas.resized().width();
        int resizedHeight = canvas.resized().height();
        byte[] pixels = image.pixels();
        Taps columns = Taps.of(imageWidth, resizedWidth);
        Taps rows = Taps.of(imageHeight, resizedHeight);
        // Neighbouring output rows share source rows: the last two are kept, resized horizontally.
        float[] above = new float[CHANNELS * resizedWidth];
        float[] below = new float[CHANNELS * resizedWidth];
        int aboveRow = -1;
        int belowRow = -1;
        float[] line = new float[width];
        for (int y = 0; y < resizedHeight; y++) {
            if (rows.first[y] == belowRow) {
                float[] reused = above;
                above = below;
                below = reused;
                aboveRow = belowRow;
                belowRow = -1;
            }
            if (rows.first[y] != aboveRow) {
                aboveRow = rows.first[y];
                resizeRow(pixels, aboveRow * imageWidth * CHANNELS, columns, above);
            }
            float weight = rows.weight[y];
            if (weight != 0 && rows.second[y] != belowRow) {
                belowRow = rows.second[y];
                resizeRow(pixels, belowRow * imageWidth * CHANNELS, columns, below);
            }
            for (int channel = 0; channel < CHANNELS; channel++) {
                int from = channel * resizedWidth;
                if (weight == 0) {
                    System.arraycopy(above, from, line, 0, resizedWidth);
                } else {
                    for (int x = 0; x < resizedWidth; x++) {
                        line[x] = above[from + x] + (below[from + x] - above[from + x]) * weight;
                    }
                }
                target.put(offset + (channel * height + y) * width, line, 0, width);
            }
        }
        float[] zeros = new float[width];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int y = resizedHeight; y < height; y++) {
                target.put(offset + (channel * height + y) * width, zeros, 0, width);
            }
        }
    }

    /** Normalises and resizes one row of interleaved BGR bytes to planes red, green, blue. */
    private void resizeRow(byte[] pixels, int start, Taps columns, float[] row) {
        int width = columns.first.length;
        for (int channel = 0; channel < CHANNELS; channel++) {
            float[] table = tables[channel];
            int plane = channel * width;
            int base = start + CHANNELS - 1 - channel;
            for (int x = 0; x < width; x++) {
                float left = table[pixels[base + CHANNELS * columns.first[x]] & 0xff];
                float right = table[pixels[base + CHANNELS * columns.second[x]] & 0xff];
                row[plane + x] = left + (right - left) * columns.weight[x];
            }
        }
    }

    /** For each output position the two source positions and the weight of the second. */
    private record Taps(int[] first, int[] second, float[] weight) {

        static Taps of(int sourceLength, int length) {
            int[] first = new int[length];
            int[] second = new int[length];
            float[] weight = new float[length];
            double scale = (double) sourceLength / length;
            for (int i = 0; i < length; i++) {
                double position = Math.max(0, (i + 0.5) * scale - 0.5);
                first[i] = Math.min((int) position, sourceLength - 1);
                second[i] = Math.min(first[i] + 1, sourceLength - 1);
                weight[i] = (float) (position - first[i]);
            }
            return new Taps(first, second, weight);
        }
    }
}
