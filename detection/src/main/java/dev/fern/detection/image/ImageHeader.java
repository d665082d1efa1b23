package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What an image file says about itself before any pixel is decoded.
 *
 * @param format the file format, recognised by the file's first bytes, not by its name
 * @param width stored width in pixels, at least 1
 * @param height stored height in pixels, at least 1
 * @param orientation EXIF orientation, 1 to 8; 1 (upright) where none is given
 */
public record ImageHeader(ImageFormat format, int width, int height, int orientation) {

    /**
     * Reads the header of an image file: a few kilobytes, whatever the size of the file.
     *
     * @param path the file
     * @return what the header says
     * @throws ImageReadException if the file is missing, empty, truncated within its header or not
     *     an image of a supported format
     * @throws IOException if the file can't be read
     */
    public static ImageHeader read(Path path) throws IOException {
        try (FileWindow window = FileWindow.open(ImageSource.of(path), Long.MAX_VALUE)) {
            return parse(window);
        }
    }

    static ImageHeader parse(FileWindow window) throws IOException {
        return ImageFormat.of(window).header(window);
    }

    /** {@return the number of pixels} */
    public long pixels() {
        return (long) width * height;
    }

    /** {@return whether the orientation swaps width and height when it is applied} */
    public boolean isTransposed() {
        return orientation >= 5;
    }

    /** {@return the size in pixels as stored} */
    public ImageSize storedSize() {
        return new ImageSize(width, height);
    }

    /** {@return the size in pixels when the orientation is applied} */
    public ImageSize uprightSize() {
        return isTransposed() ? new ImageSize(height, width) : storedSize();
    }

    /** Returns the EXIF orientation whose turn undoes that of another. */
    static int inverse(int orientation) {
        return switch (orientation) {
            case 6 -> 8;
            case 8 -> 6;
            default -> orientation;
        };
    }
}
