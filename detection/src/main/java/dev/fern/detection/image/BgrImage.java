package dev.fern.detection.image;

import dev.fern.cocoeval.AtomicFile;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.opencv.core.Core;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.MatOfByte;
import org.opencv.core.MatOfInt;
import org.opencv.core.Rect;
import org.opencv.core.Scalar;
import org.opencv.core.Size;
import org.opencv.imgcodecs.Imgcodecs;
import org.opencv.imgproc.Imgproc;

/**
 * An 8-bit image with interleaved channels blue, green, red: the owner of a native OpenCV matrix
 * [height, width, 3]. The matrix lives outside the Java heap and is released by {@link #close}.
 */
public final class BgrImage implements AutoCloseable {

    private final Mat mat;

    /** Takes ownership of an 8-bit, three-channel matrix. */
    BgrImage(Mat mat) {
        this.mat = mat;
    }

    /**
     * Makes an image of pixels, which are copied.
     *
     * @param width in pixels, at least 1
     * @param height in pixels, at least 1
     * @param bgr width * height * 3 bytes in the order blue, green, red, row by row from the top
     * @return the image; the caller closes it
     * @throws IllegalArgumentException if a side is below 1 or {@code bgr} has another length
     */
    public static BgrImage of(int width, int height, byte[] bgr) {
        ImageSize size = new ImageSize(width, height);
        if (bgr.length != 3L * width * height) {
            throw new IllegalArgumentException(
                    bgr.length + " bytes for " + size + " pixels of 3 bytes each");
        }
        OpenCv.load();
        Mat mat = new Mat(height, width, CvType.CV_8UC3);
        mat.put(0, 0, bgr);
        return new BgrImage(mat);
    }

    /**
     * Makes an image of one of Java's, whose pixels are copied. Of gray the values are taken as
     * they are, as {@link ImageReader} takes those of a file; 16 bits are cut to 8. Other types are
     * converted to sRGB. Alpha is dropped.
     *
     * @param image of any type
     * @return the image; the caller closes it
     */
    public static BgrImage of(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] bgr = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            switch (image.getType()) {
                case BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY -> {
                    int shift = image.getType() == BufferedImage.TYPE_USHORT_GRAY ? 8 : 0;
                    image.getRaster().getSamples(0, y, width, 1, 0, row);
                    for (int x = 0; x < width; x++) {
                        row[x] = (row[x] >> shift) * 0x010101;
                    }
                }
                default -> image.getRGB(0, y, width, 1, row, 0, width);
            }
            for (int x = 0; x < width; x++) {
                int at = 3 * (y * width + x);
                bgr[at] = (byte) row[x];
                bgr[at + 1] = (byte) (row[x] >> 8);
                bgr[at + 2] = (byte) (row[x] >> 16);
            }
        }
        return of(width, height, bgr);
    }

    /** {@return the width in pixels} */
    public int width() {
        return mat.cols();
    }

    /** {@return the height in pixels} */
    public int height() {
        return mat.rows();
    }

    /**
     * {@return a copy of the pixels: height * width * 3 bytes in the order blue, green, red, row by
     * row}
     */
    public byte[] pixels() {
        byte[] pixels = new byte[Math.multiplyExact(3, Math.multiplyExact(width(), height()))];
        mat.get(0, 0, pixels);
        return pixels;
    }

    /**
     * Replaces all pixels. Of a {@link #crop} these are the pixels of the whole image too.
     *
     * @param bgr height * width * 3 bytes in the order blue, green, red, row by row
     * @throws IllegalArgumentException if the array has another length
     */
    public void put(byte[] bgr) {
        if (bgr.length != 3L * width() * height()) {
            throw new IllegalArgumentException(
                    bgr.length + " bytes for " + width() + " x " + height() + " pixels");
        }
        mat.put(0, 0, bgr);
    }

    /**
     * Gives all pixels one colour. Of a {@link #crop} these are the pixels of the whole image too.
     *
     * @param color the colour
     */
    public void fill(Color color) {
        mat.setTo(new Scalar(color.getBlue(), color.getGreen(), color.getRed()));
    }

    /** {@return the matrix behind this image, which still owns it} */
    Mat mat() {
        return mat;
    }

    /** {@return a copy of this image, which the caller closes} */
    public BgrImage copy() {
        return new BgrImage(mat.clone());
    }

    /**
     * Returns a part of this image, which shares its memory; the caller closes both.
     *
     * @param x left column of the part, at least 0
     * @param y upper row of the part, at least 0
     * @param width columns of the part, at least 1
     * @param height rows of the part, at least 1
     * @return the part
     */
    public BgrImage crop(int x, int y, int width, int height) {
        return new BgrImage(mat.submat(new Rect(x, y, width, height)));
    }

    /**
     * Returns a mirrored copy, which the caller closes.
     *
     * @param horizontally whether left and right are swapped
     * @param vertically whether top and bottom are swapped
     * @return the copy; an exact one if neither is asked for
     */
    public BgrImage flipped(boolean horizontally, boolean vertically) {
        if (!horizontally && !vertically) {
            return copy();
        }
        Mat target = new Mat();
        // OpenCV's codes: 1 about the vertical axis, 0 about the horizontal one, -1 both.
        Core.flip(mat, target, !vertically ? 1 : !horizontally ? 0 : -1);
        return new BgrImage(target);
    }

    /**
     * Returns a smaller copy, each pixel of which is the mean of an area.
     *
     * @param size at most this image's in both directions
     */
    BgrImage shrunk(ImageSize size) {
        Mat target = new Mat();
        Imgproc.resize(
                mat, target, new Size(size.width(), size.height()), 0, 0, Imgproc.INTER_AREA);
        return new BgrImage(target);
    }

    /** Returns a copy turned upright from an EXIF orientation, 1 to 8. */
    BgrImage upright(int orientation) {
        Mat target = new Mat();
        switch (orientation) {
            case 1 -> mat.copyTo(target);
            case 2 -> Core.flip(mat, target, 1);
            case 3 -> Core.rotate(mat, target, Core.ROTATE_180);
            case 4 -> Core.flip(mat, target, 0);
            case 5 -> Core.transpose(mat, target);
            case 6 -> Core.rotate(mat, target, Core.ROTATE_90_CLOCKWISE);
            case 7 -> {
                Core.transpose(mat, target);
                Core.flip(target, target, -1);
            }
            case 8 -> Core.rotate(mat, target, Core.ROTATE_90_COUNTERCLOCKWISE);
            default -> throw new IllegalArgumentException("EXIF orientation " + orientation);
        }
        return new BgrImage(target);
    }

    /**
     * Writes this image as PNG or JPEG, whole or not at all.
     *
     * @param path ends in .png, .jpg or .jpeg
     * @throws IOException if the folder can't be written to
     * @throws IllegalArgumentException if the name ends otherwise
     */
    public void write(Path path) throws IOException {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".png") && !name.endsWith(".jpg") && !name.endsWith(".jpeg")) {
            throw new IllegalArgumentException(path + " does not end in .png, .jpg or .jpeg");
        }
        AtomicFile.write(path, encoded(mat, name.substring(name.lastIndexOf('.')), new MatOfInt()));
    }

    /**
     * Returns this image as the bytes of a file.
     *
     * @param extension {@code .png} or {@code .jpg}
     * @return the bytes of the file
     */
    public byte[] encoded(String extension) {
        return encoded(mat, extension, new MatOfInt());
    }

    /**
     * Returns a small version of this image as the bytes of a JPEG file.
     *
     * @param longerSide largest length of the longer side in pixels; a smaller image keeps its size
     * @param quality of the JPEG, 0 to 100
     * @return the bytes of the file
     */
    public byte[] thumbnail(int longerSide, int quality) {
        double scale = Math.min(1, longerSide / (double) Math.max(width(), height()));
        ImageSize size =
                new ImageSize(
                        (int) Math.max(1, Math.round(scale * width())),
                        (int) Math.max(1, Math.round(scale * height())));
        try (BgrImage small = shrunk(size)) {
            return encoded(
                    small.mat, ".jpg", new MatOfInt(Imgcodecs.IMWRITE_JPEG_QUALITY, quality));
        }
    }

    private static byte[] encoded(Mat pixels, String extension, MatOfInt settings) {
        MatOfByte encoded = new MatOfByte();
        try {
            Imgcodecs.imencode(extension, pixels, encoded, settings);
            return encoded.toArray();
        } finally {
            OpenCv.release(encoded);
            OpenCv.release(settings);
        }
    }

    /** Releases the native memory. */
    @Override
    public void close() {
        OpenCv.release(mat);
    }
}
