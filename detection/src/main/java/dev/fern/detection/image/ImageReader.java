package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.opencv.core.CvType;
import org.opencv.core.Mat;

/**
 * Reads encoded images as 8-bit BGR, three channels, whatever they hold: gray is repeated, alpha is
 * dropped, 16 bits are cut to 8, CMYK is converted.
 *
 * <p>The reader checks a file before it decodes it. It compares the size in pixels in the header
 * with {@code maxPixels}, so that it refuses a small file that would unfold to gigabytes. It
 * refuses a small file that would take minutes to decode, see {@link #MAX_SCANS}. And it refuses a
 * file that ends early rather than fill it up with gray.
 *
 * @param maxPixels the largest number of pixels that is decoded, 1 to 2^30
 * @param orientation whether the EXIF orientation of a file turns the picture upright
 */
public record ImageReader(long maxPixels, ImageOrientation orientation) {

    /** The pixel limit unless another is set: 64 million. */
    public static final long DEFAULT_MAX_PIXELS = 64_000_000;

    /**
     * The largest number of scans of a JPEG that is decoded. A decoder goes through all pixels in
     * each scan, which need not take more than ten bytes of the file. libjpeg-turbo advises a limit
     * ("Two Issues with the JPEG Standard"); libtiff has this one. Encoders write 10 to 15 scans.
     */
    public static final int MAX_SCANS = 100;

    /**
     * The largest number of scans of a JPEG that has {@code maxPixels} pixels. A smaller one may
     * have more, up to {@link #MAX_SCANS}, as long as it has no more pixels times scans.
     */
    public static final int MAX_SCANS_OF_LARGEST = 40;

    /** Four uncompressed 16-bit samples per pixel, the most that a sane file needs. */
    private static final long BYTES_PER_PIXEL = 8;

    /** Room for metadata in addition to the pixels. */
    private static final long METADATA_BYTES = 1 << 24;

    /**
     * Checks the limit.
     *
     * @param maxPixels 1 to 2^30
     * @param orientation whether the EXIF orientation of a file turns the picture upright
     * @throws IllegalArgumentException if the limit is out of its range
     */
    public ImageReader {
        if (maxPixels < 1 || maxPixels > 1 << 30) {
            throw new IllegalArgumentException("maxPixels must be 1 to 2^30, not " + maxPixels);
        }
        Objects.requireNonNull(orientation, "orientation");
    }

    /** {@return a reader of 64 million pixels at most, with {@link ImageOrientation#AUTO}} */
    public static ImageReader standard() {
        return new ImageReader(DEFAULT_MAX_PIXELS, ImageOrientation.AUTO);
    }

    /**
     * Decodes one file of which no size is known.
     *
     * @param path the file
     * @return the image, upright unless pixels are wanted as stored; the caller closes it
     * @throws ImageReadException if the file is missing, empty, truncated, damaged, not an image,
     *     or has more pixels or scans than allowed
     * @throws IOException if the file can't be read
     */
    public BgrImage read(Path path) throws IOException {
        return read(ImageSource.of(path));
    }

    /**
     * Decodes an image of which no size is known, wherever its bytes are.
     *
     * @param image where they are
     * @return the image, upright unless pixels are wanted as stored; the caller closes it
     * @throws ImageReadException if the image is missing, empty, truncated, damaged, no image, or
     *     has more pixels or scans than allowed
     * @throws IOException if the bytes can't be read
     */
    public BgrImage read(ImageSource image) throws IOException {
        return read(image, Optional.empty(), Integer.MAX_VALUE);
    }

    /**
     * Decodes one file whose size the annotations give.
     *
     * @param path the file
     * @param size of the image that is wanted; with {@link ImageOrientation#AUTO} it decides
     *     whether the image is turned upright
     * @return the image, which has this size; the caller closes it
     * @throws ImageReadException as for a file of unknown size, or if the image has another size
     * @throws IOException if the file can't be read
     */
    public BgrImage read(Path path, ImageSize size) throws IOException {
        return read(ImageSource.of(path), size);
    }

    /**
     * Decodes an image whose size the annotations give, wherever its bytes are.
     *
     * @param image where they are
     * @param size of the image that is wanted; with {@link ImageOrientation#AUTO} it decides
     *     whether the image is turned upright
     * @return the image, which has this size; the caller closes it
     * @throws ImageReadException as for an image of unknown size, or if it has another size
     * @throws IOException if the bytes can't be read
     */
    public BgrImage read(ImageSource image, ImageSize size) throws IOException {
        return read(image, Optional.of(size), Integer.MAX_VALUE);
    }

    /**
     * Decodes a file that only a small picture is to be made of. A JPEG is decoded at a half, a
     * quarter or an eighth of its size, which takes a fraction of the time; others as they are.
     *
     * @param path the file
     * @param size of the image as the annotations give it, if they do
     * @param longerSide how many pixels the longer side has to keep, at least 1; an image with
     *     fewer keeps its size
     * @return the image, its sides perhaps divided by 2, 4 or 8; the caller closes it
     * @throws ImageReadException as {@link #read(Path, ImageSize)} does
     * @throws IOException if the file can't be read
     */
    public BgrImage readSmall(Path path, Optional<ImageSize> size, int longerSide)
            throws IOException {
        return read(ImageSource.of(path), size, longerSide);
    }

    private BgrImage read(ImageSource image, Optional<ImageSize> size, int longerSide)
            throws IOException {
        try (FileWindow file = open(image)) {
            ImageHeader header = ImageHeader.parse(file);
            checkSize(file, header);
            boolean upright =
                    size.map(wanted -> isUpright(header, wanted))
                            .orElse(orientation != ImageOrientation.STORED);
            ImageSize actual = upright ? header.uprightSize() : header.storedSize();
            if (size.isPresent() && !actual.equals(size.get())) {
                throw file.error(otherSize(header, size.get()));
            }
            return decode(file, header, upright, reduction(header, longerSide));
        }
    }

    /** Returns 1, 2, 4 or 8: the part of its size at which an image is decoded. */
    private static int reduction(ImageHeader header, int longerSide) {
        int reduction = 1;
        while (header.format() == ImageFormat.JPEG
                && reduction < 8
                && Math.max(header.width(), header.height()) / (2 * reduction) >= longerSide) {
            reduction *= 2;
        }
        return reduction;
    }

    /**
     * Returns the size of the image that {@link #read(Path)} would give, from the header alone.
     *
     * @param path the file
     * @return its size in pixels, after turning it upright if this reader does so
     * @throws ImageReadException if the file is missing, empty, not an image, or has more pixels
     *     than allowed
     * @throws IOException if the file can't be read
     */
    public ImageSize size(Path path) throws IOException {
        ImageHeader header = header(path);
        return orientation == ImageOrientation.STORED ? header.storedSize() : header.uprightSize();
    }

    /**
     * Reads the header of a file.
     *
     * @param path the file
     * @return what it says
     * @throws ImageReadException if the file is missing, empty, not an image, or has more pixels
     *     than allowed
     * @throws IOException if the file can't be read
     */
    public ImageHeader header(Path path) throws IOException {
        return header(ImageSource.of(path));
    }

    /**
     * Reads the header of an image, wherever its bytes are. Of a file it reads a few kilobytes, of
     * a stream all bytes.
     *
     * @param image where they are
     * @return what it says
     * @throws ImageReadException if the image is missing, empty, no image, or has more pixels than
     *     allowed
     * @throws IOException if the bytes can't be read
     */
    public ImageHeader header(ImageSource image) throws IOException {
        try (FileWindow file = open(image)) {
            ImageHeader header = ImageHeader.parse(file);
            checkSize(file, header);
            return header;
        }
    }

    private FileWindow open(ImageSource image) throws IOException {
        return FileWindow.open(image, maxBytes(maxPixels));
    }

    private static long maxBytes(long pixels) {
        return Math.min(Integer.MAX_VALUE - 8, pixels * BYTES_PER_PIXEL + METADATA_BYTES);
    }

    /**
     * Returns whether {@link #read(Path, ImageSize)} turns an image upright.
     *
     * @param header of the image
     * @param size that is wanted
     * @return whether it applies the EXIF orientation
     */
    public boolean isUpright(ImageHeader header, ImageSize size) {
        return switch (orientation) {
            case UPRIGHT -> true;
            case STORED -> false;
            case AUTO -> header.uprightSize().equals(size) || !header.storedSize().equals(size);
        };
    }

    /**
     * Says that an image has another size than the annotations give.
     *
     * @param header of the image
     * @param size that the annotations give
     * @return a phrase with both sizes, and with the EXIF orientation where it explains them
     */
    public String otherSize(ImageHeader header, ImageSize size) {
        String told = ", the annotations say " + size;
        if (!header.isTransposed()) {
            return "the file has " + header.storedSize() + " pixels" + told;
        }
        return String.format(
                "the file has %s pixels as stored and %s upright (EXIF orientation %d)%s",
                header.storedSize(), header.uprightSize(), header.orientation(), told);
    }

    private void checkSize(FileWindow file, ImageHeader header) throws ImageReadException {
        if (header.pixels() > maxPixels) {
            throw file.error(
                    String.format(
                            "%d x %d pixels are more than the limit of %d (--max-pixels)",
                            header.width(), header.height(), maxPixels));
        }
        if (file.length() > maxBytes(header.pixels())) {
            throw file.error(
                    String.format(
                            "%d bytes are too many for %d x %d pixels",
                            file.length(), header.width(), header.height()));
        }
    }

    private BgrImage decode(FileWindow file, ImageHeader header, boolean upright, int reduction)
            throws IOException {
        byte[] bytes = header.format().whole(file, header, file.readAll(), maxPixels);
        // OpenCV turns TIFFs by itself, whatever it is told
        boolean decodesUpright = header.format() == ImageFormat.TIFF;
        BgrImage image =
                decode(
                        file,
                        header,
                        decodesUpright ? header.uprightSize() : header.storedSize(),
                        reduction,
                        bytes);
        if (upright == decodesUpright || header.orientation() == 1) {
            return image;
        }
        try (image) {
            return upright
                    ? image.upright(header.orientation())
                    : image.upright(ImageHeader.inverse(header.orientation()));
        }
    }

    private static BgrImage decode(
            FileWindow file, ImageHeader header, ImageSize size, int reduction, byte[] bytes)
            throws ImageReadException {
        Mat decoded = OpenCv.decode(bytes, reduction);
        String problem = null;
        if (decoded.empty()) {
            problem = "truncated or damaged " + header.format() + ": it can't be decoded";
        } else if (decoded.type() != CvType.CV_8UC3) {
            problem = header.format() + " with " + CvType.typeToString(decoded.type()) + " pixels";
        } else if (decoded.cols() != divided(size.width(), reduction)
                || decoded.rows() != divided(size.height(), reduction)) {
            problem =
                    String.format(
                            "damaged %s: its header says %s pixels, it holds %d x %d",
                            header.format(), size, decoded.cols(), decoded.rows());
        }
        if (problem != null) {
            OpenCv.release(decoded);
            throw file.error(problem);
        }
        return new BgrImage(decoded);
    }

    /** Divides the length of a side and rounds up, as libjpeg does. */
    private static int divided(int pixels, int reduction) {
        return (pixels + reduction - 1) / reduction;
    }
}
