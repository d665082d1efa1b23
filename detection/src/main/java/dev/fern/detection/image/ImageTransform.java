package dev.fern.detection.image;

import java.nio.FloatBuffer;

/**
 * Turns an image into network input: normalises it, resizes it with bilinear interpolation in
 * floating point (pixel centres at half: torchvision's {@code interpolate} with {@code
 * align_corners=False}), and pads it with zeros on the right and below. Thread-safe.
 */
public final class ImageTransform {

    private static final int CHANNELS = 3;

    private final float[] scale = new float[CHANNELS];
    private final float[] offset = new float[CHANNELS];

    private final boolean smoothing;

    /**
     * Makes a transform that does not smooth an image before it shrinks it, as torchvision's
     * detectors.
     *
     * @param normalization maps pixel values to network input
     */
    public ImageTransform(PixelNormalization normalization) {
        this(normalization, false);
    }

    /**
     * Makes a transform that may smooth images.
     *
     * @param normalization maps pixel values to network input
     * @param smoothing whether an image is shrunk by averaging areas, so that what is finer than
     *     the canvas does not alias; for large steps in size, as of photographs that are classified
     */
    public ImageTransform(PixelNormalization normalization, boolean smoothing) {
        this.smoothing = smoothing;
        for (int channel = 0; channel < CHANNELS; channel++) {
            scale[channel] = (float) (1 / (255 * normalization.std().get(channel)));
            offset[channel] =
                    (float) -(normalization.mean().get(channel) / normalization.std().get(channel));
        }
    }

    /**
     * Returns how many floats an image takes.
     *
     * @param canvas the canvas that it lies on
     * @return 3 * canvas height * canvas width
     */
    public static int length(Canvas canvas) {
        return Math.multiplyExact(
                CHANNELS, Math.multiplyExact(canvas.size().width(), canvas.size().height()));
    }

    /**
     * Writes one image as [3, canvas height, canvas width] in the order red, green, blue.
     *
     * @param image has the size that {@code canvas} is for
     * @param canvas where the image lies in the network's input
     * @param target takes {@link #length} floats; its position is neither used nor changed
     * @param start index of the first float in {@code target}
     * @throws IllegalArgumentException if the image has another size than the canvas is for
     */
    public void write(BgrImage image, Canvas canvas, FloatBuffer target, int start) {
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
        ImageSize resized = canvas.resized();
        if (smoothing && (imageWidth > resized.width() || imageHeight > resized.height())) {
            ImageSize shrunk =
                    new ImageSize(
                            Math.min(imageWidth, resized.width()),
                            Math.min(imageHeight, resized.height()));
            try (BgrImage small = image.shrunk(shrunk)) {
                write(small, new Canvas(shrunk, resized, canvas.size()), target, start);
            }
            return;
        }
        int width = canvas.size().width();
        int height = canvas.size().height();
        int resizedWidth = resized.width();
        int resizedHeight = resized.height();
        byte[] pixels = image.pixels();
        Taps columns = Taps.of(imageWidth, resizedWidth);
        Taps rows = Taps.of(imageHeight, resizedHeight);
        // Neighbouring output rows share source rows: the last two are kept, resized horizontally.
        float[][] above = new float[CHANNELS][resizedWidth];
        float[][] below = new float[CHANNELS][resizedWidth];
        int aboveRow = -1;
        int belowRow = -1;
        float[] line = new float[width];
        for (int y = 0; y < resizedHeight; y++) {
            if (rows.first[y] == belowRow) {
                float[][] reused = above;
                above = below;
                below = reused;
                aboveRow = belowRow;
                belowRow = -1;
            }
            if (rows.first[y] != aboveRow) {
                aboveRow = rows.first[y];
                resizeRow(pixels, aboveRow * imageWidth * CHANNELS, columns, above);
            }
            if (rows.weight[y] != 0 && rows.second[y] != belowRow) {
                belowRow = rows.second[y];
                resizeRow(pixels, belowRow * imageWidth * CHANNELS, columns, below);
            }
            for (int channel = 0; channel < CHANNELS; channel++) {
                blend(
                        above[channel],
                        rows.weight[y] == 0 ? above[channel] : below[channel],
                        rows.weight[y],
                        scale[channel],
                        offset[channel],
                        line);
                target.put(start + (channel * height + y) * width, line, 0, width);
            }
        }
        float[] zeros = new float[width];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int y = resizedHeight; y < height; y++) {
                target.put(start + (channel * height + y) * width, zeros, 0, width);
            }
        }
    }

    /** Resizes one row of interleaved BGR bytes to rows of red, green and blue. */
    private static void resizeRow(byte[] pixels, int start, Taps columns, float[][] rgb) {
        float[] red = rgb[0];
        float[] green = rgb[1];
        float[] blue = rgb[2];
        for (int x = 0; x < red.length; x++) {
            int left = start + CHANNELS * columns.first[x];
            int right = start + CHANNELS * columns.second[x];
            float weight = columns.weight[x];
            blue[x] = mix(pixels[left], pixels[right], weight);
            green[x] = mix(pixels[left + 1], pixels[right + 1], weight);
            red[x] = mix(pixels[left + 2], pixels[right + 2], weight);
        }
    }

    private static float mix(byte first, byte second, float weight) {
        int from = first & 0xff;
        return from + ((second & 0xff) - from) * weight;
    }

    /** Blends two rows and normalises the result; a loop that the compiler turns into vectors. */
    private static void blend(
            float[] above, float[] below, float weight, float scale, float offset, float[] line) {
        for (int x = 0; x < above.length; x++) {
            line[x] = (above[x] + (below[x] - above[x]) * weight) * scale + offset;
        }
    }

    /** The two source positions of each output position, and the weight of the second. */
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
