package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
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

    /** Parses Windows bitmaps, with the header of OS/2 (12 bytes) or of Windows (40 and more). */
    private static final class BmpParser implements Parser {

        @Override
        public boolean matches(FileWindow file) throws IOException {
            return file.startsWith(0, "BM");
        }

        @Override
        public Size size(FileWindow file) throws IOException {
            if (file.u32(14, false) == 12) {
                return new Size(file.u16(18, false), file.u16(20, false));
            }
            // A negative height stores the rows from the top.
            return new Size((int) file.u32(18, false), Math.abs((long) (int) file.u32(22, false)));
        }
    }

    private static final Set<String> EXTENSIONS =
            Set.of("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "gif");

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
        Optional<String> unread = ImageSignature.unread(file.head(ImageSignature.HEAD_BYTES));
        if (unread.isPresent()) {
            throw file.error(unread.get() + ", which is not read; save it as a JPEG or PNG first");
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
