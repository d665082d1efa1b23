package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The image formats that are read. A file's first bytes decide its format, not its name. */
public enum ImageFormat {
    /** JPEG: baseline and progressive; gray, YCbCr, RGB or CMYK. */
    JPEG(new JpegParser()),
    /** PNG: every colour type and depth; the first image of an animation. */
    PNG(new PngParser()),
    /** Windows bitmap: every depth, and RLE. */
    BMP(new BmpParser()),
    /** WebP: lossy, lossless and extended. */
    WEBP(new WebpParser()),
    /** Classic TIFF (not BigTIFF): the first of several pages. */
    TIFF(new TiffParser()),
    /** GIF: the first image of an animation. */
    GIF(new GifParser());

    /** Reads the header of one format, and finds files that are truncated or take too long. */
    interface Parser {

        /** Returns whether the file begins with the format's signature. */
        boolean matches(FileWindow file) throws IOException;

        /** Returns the size and orientation; the caller checks them. */
        Size size(FileWindow file) throws IOException;

        /**
         * Returns what is decoded: the file's bytes or, where the file ends early but has lost no
         * pixel, those with the end put back. Throws if pixels are lost or damaged, or if the
         * decoder would work much longer than its pixels need. A format whose decoder refuses
         * damaged files by itself, and goes through each pixel once, need not override this.
         *
         * @param bytes all of the file
         * @param maxPixels the reader's limit
         */
        default byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
                throws IOException {
            return bytes;
        }
    }

    /**
     * Width and height in pixels as the file gives them, perhaps out of range, and EXIF
     * orientation.
     */
    record Size(long width, long height, int orientation) {

        Size(long width, long height) {
            this(width, height, 1);
        }
    }

    private static final Set<String> EXTENSIONS =
            Set.of("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "gif");

    /** A format that is known by name only: by what its files have at a byte. */
    private record Unread(String name, long offset, String signature) {}

    private static final List<Unread> UNREAD =
            List.of(
                    new Unread("HEIC", 4, "ftypheic"),
                    new Unread("HEIC", 4, "ftypheix"),
                    new Unread("HEIC", 4, "ftyphevc"),
                    new Unread("HEIC", 4, "ftyphevx"),
                    new Unread("HEIC", 4, "ftypheim"),
                    new Unread("HEIC", 4, "ftypheis"),
                    new Unread("HEIF", 4, "ftypmif1"),
                    new Unread("HEIF", 4, "ftypmsf1"),
                    new Unread("AVIF", 4, "ftypavif"),
                    new Unread("AVIF", 4, "ftypavis"),
                    new Unread("JPEG 2000", 4, "jP  \r\n\u0087\n"),
                    new Unread("JPEG 2000", 0, "\u00ff\u004f\u00ff\u0051"),
                    new Unread("JPEG XL", 4, "JXL \r\n\u0087\n"),
                    new Unread("JPEG XL", 0, "\u00ff\n"),
                    new Unread("BigTIFF", 0, "II+\0"),
                    new Unread("BigTIFF", 0, "MM\0+"),
                    new Unread("Photoshop", 0, "8BPS"),
                    new Unread("OpenEXR", 0, "v/1\u0001"),
                    new Unread("PDF", 0, "%PDF-"));

    private final Parser parser;

    ImageFormat(Parser parser) {
        this.parser = parser;
    }

    /**
     * Returns whether a file's name ends as those of images do, in capitals or not.
     *
     * @param file need not exist
     * @return whether its extension is that of a format that is read
     */
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
        for (Unread unread : UNREAD) {
            if (file.startsWith(unread.offset, unread.signature)) {
                throw file.error(
                        unread.name + ", which is not read; save it as a JPEG or PNG first");
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

    /** Returns what is decoded, see {@link Parser#whole}. */
    byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
            throws IOException {
        return parser.whole(file, header, bytes, maxPixels);
    }
}
