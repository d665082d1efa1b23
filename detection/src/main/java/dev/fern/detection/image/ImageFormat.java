package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** The image formats that are read, told apart by the first bytes of a file and not by its name. */
public enum ImageFormat {
    /** Baseline and progressive; gray, YCbCr, RGB or CMYK. */
    JPEG(new JpegParser()),
    /** Every colour type and depth; of an animation the first image. */
    PNG(new PngParser()),
    /** Every depth, and RLE. */
    BMP(new BmpParser()),
    /** Lossy, lossless and extended. */
    WEBP(new WebpParser()),
    /** Classic TIFF (not BigTIFF); of several pages the first. */
    TIFF(new TiffParser()),
    /** Of an animation the first image. */
    GIF(new GifParser());

    /** Reads the header of one format and finds files that were cut. */
    interface Parser {

        /** Whether the file begins with the format's signature. */
        boolean matches(FileWindow file) throws IOException;

        /** The size and orientation; the caller checks them. */
        Size size(FileWindow file) throws IOException;

        /**
         * Throws if the file ends early or is damaged. Formats whose decoder refuses such files by
         * itself have nothing to do.
         */
        default void checkComplete(FileWindow file) throws IOException {}
    }

    /** Width and height in pixels as the file has them, perhaps nonsense, and EXIF orientation. */
    record Size(long width, long height, int orientation) {

        Size(long width, long height) {
            this(width, height, 1);
        }
    }

    private static final Set<String> EXTENSIONS =
            Set.of("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "gif");

    private final Parser parser;

    ImageFormat(Parser parser) {
        this.parser = parser;
    }

    /** Whether a file's name ends as those of images do, in capitals or not. */
    public static boolean isImageName(Path file) {
        String name = file.getFileName().toString();
        return EXTENSIONS.contains(
                name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    static ImageFormat of(FileWindow file) throws IOException {
        for (ImageFormat format : values()) {
            if (format.parser.matches(file)) {
                return format;
            }
        }
        throw file.error("not an image (JPEG, PNG, BMP, WebP, TIFF and GIF are read)");
    }

    ImageHeader header(FileWindow file) throws IOException {
        Size size = parser.size(file);
        if (size.width < 1
                || size.height < 1
                || size.width > Integer.MAX_VALUE
                || size.height > Integer.MAX_VALUE) {
            throw file.error("damaged " + this + ": its size is " + size.width + "x" + size.height);
        }
        return new ImageHeader(this, (int) size.width, (int) size.height, size.orientation);
    }

    void checkComplete(FileWindow file) throws IOException {
        parser.checkComplete(file);
    }
}
