package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import org.opencv.core.CvException;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.imgcodecs.Imgcodecs;

/**
 * Reads image files as 8-bit BGR, three channels, whatever they hold: gray is repeated, alpha is
 * dropped, 16 bits are cut to 8, CMYK is converted.
 *
 * <p>The reader checks a file before it decodes it. It compares the size in pixels in the header
 * with {@code maxPixels}, so that it refuses a small file that would unfold to gigabytes. It
 * refuses a small file that would take minutes to decode, see {@link #MAX_SCANS}. And it refuses a
 * file that ends early rather than fill it up with gray.
 *
 * @param maxPixels the largest number of pixels that is decoded, 1 to 2^30
 * @param applyOrientation whether the EXIF orientation of a JPEG turns the picture upright.
 *     Photographs from a telephone want it; data sets do not, since COCO boxes refer to the pixels
 *     as stored.
 */
public record ImageReader(long maxPixels, boolean applyOrientation) {

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
     * @param applyOrientation whether the EXIF orientation of a JPEG turns the picture upright
     * @throws IllegalArgumentException if the limit is out of its range
     */
    public ImageReader {
        if (maxPixels < 1 || maxPixels > 1 << 30) {
            throw new IllegalArgumentException("maxPixels must be 1 to 2^30, not " + maxPixels);
        }
    }

    /** {@return a reader for data sets: 64 million pixels at most, pixels as stored} */
    public static ImageReader forDataSets() {
        return new ImageReader(DEFAULT_MAX_PIXELS, false);
    }

    /** {@return a reader for photographs: 64 million pixels at most, turned upright} */
    public static ImageReader forPhotographs() {
        return new ImageReader(DEFAULT_MAX_PIXELS, true);
    }

    /**
     * Decodes one file.
     *
     * @param path the file
     * @return the image, which the caller closes
     * @throws ImageReadException if the file is missing, empty, truncated, damaged, not an image,
     *     or has more pixels or scans than allowed
     * @throws IOException if the file can't be read
     */
    public BgrImage read(Path path) throws IOException {
        try (FileWindow file = FileWindow.open(path)) {
            ImageHeader header = ImageHeader.parse(file);
            checkSize(file, header);
            byte[] bytes = file.readAll();
            header.format().check(file, header, maxPixels);
            BgrImage image = decode(file, header, bytes);
            if (!applyOrientation || header.orientation() == 1) {
                return image;
            }
            try (image) {
                return image.upright(header.orientation());
            }
        }
    }

    /**
     * Returns the size of the image that {@link #read} would give, from the header alone.
     *
     * @param path the file
     * @return its size in pixels, after turning it upright if this reader does so
     * @throws ImageReadException if the file is missing, empty, not an image, or has more pixels
     *     than allowed
     * @throws IOException if the file can't be read
     */
    public ImageSize size(Path path) throws IOException {
        try (FileWindow file = FileWindow.open(path)) {
            ImageHeader header = ImageHeader.parse(file);
            checkSize(file, header);
            return applyOrientation && header.transposed()
                    ? new ImageSize(header.height(), header.width())
                    : new ImageSize(header.width(), header.height());
        }
    }

    private void checkSize(FileWindow file, ImageHeader header) throws ImageReadException {
        if (header.pixels() > maxPixels) {
            throw file.error(
                    String.format(
                            "%d x %d pixels are more than the limit of %d",
                            header.width(), header.height(), maxPixels));
        }
        long maxBytes =
                Math.min(Integer.MAX_VALUE - 8, header.pixels() * BYTES_PER_PIXEL + METADATA_BYTES);
        if (file.length() > maxBytes) {
            throw file.error(
                    String.format(
                            "%d bytes are too many for %d x %d pixels",
                            file.length(), header.width(), header.height()));
        }
    }

    private static BgrImage decode(FileWindow file, ImageHeader header, byte[] bytes)
            throws ImageReadException {
        OpenCv.load();
        Mat encoded = new Mat(1, bytes.length, CvType.CV_8UC1);
        Mat decoded;
        try {
            encoded.put(0, 0, bytes);
            decoded =
                    Imgcodecs.imdecode(
                            encoded, Imgcodecs.IMREAD_COLOR | Imgcodecs.IMREAD_IGNORE_ORIENTATION);
        } catch (CvException e) {
            throw file.error("damaged " + header.format() + ": it can't be decoded");
        } finally {
            OpenCv.release(encoded);
        }
        String problem = null;
        if (decoded.empty()) {
            problem = "truncated or damaged " + header.format() + ": it can't be decoded";
        } else if (decoded.type() != CvType.CV_8UC3) {
            problem = header.format() + " with " + CvType.typeToString(decoded.type()) + " pixels";
        } else if (decoded.cols() != header.width() || decoded.rows() != header.height()) {
            problem =
                    String.format(
                            "damaged %s: its header says %d x %d pixels, it holds %d x %d",
                            header.format(),
                            header.width(),
                            header.height(),
                            decoded.cols(),
                            decoded.rows());
        }
        if (problem != null) {
            OpenCv.release(decoded);
            throw file.error(problem);
        }
        return new BgrImage(decoded);
    }
}
