package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Knows images by their first bytes. */
public final class ImageSignature {

    /** How many first bytes tell the formats that are known by name only. */
    public static final int HEAD_BYTES = 32;

    /** A format that is known by name only: by what its files have at a byte. */
    private record Unread(String name, int offset, String signature) {}

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
                    new Unread("JPEG 2000", 0, "\0\0\0\fjP  "),
                    new Unread("JPEG 2000", 0, "\u00ff\u004f\u00ff\u0051"),
                    new Unread("JPEG XL", 0, "\0\0\0\fJXL "),
                    new Unread("JPEG XL", 0, "\u00ff\n"),
                    new Unread("BigTIFF", 0, "II+\0"),
                    new Unread("BigTIFF", 0, "MM\0+"),
                    new Unread("Photoshop", 0, "8BPS"),
                    new Unread("OpenEXR", 0, "v/1\u0001"),
                    new Unread("PDF", 0, "%PDF-"));

    private ImageSignature() {}

    /**
     * Returns the name of the format of a file that is known but not read.
     *
     * @param head the first {@link #HEAD_BYTES} bytes, or all of a shorter file, as ISO 8859-1
     * @return such as HEIC; empty if the format is not known, or is read
     */
    public static Optional<String> unread(String head) {
        return UNREAD.stream()
                .filter(format -> head.startsWith(format.signature, format.offset))
                .map(Unread::name)
                .findFirst();
    }

    /**
     * Returns the format of an image file, whatever its name.
     *
     * @param file a file
     * @return the format that the first bytes show; nothing if the file is missing, empty or none
     *     of the formats that are read
     * @throws IOException if the file can't be read
     */
    public static Optional<ImageFormat> of(Path file) throws IOException {
        try (FileWindow window = FileWindow.open(ImageSource.of(file), Long.MAX_VALUE)) {
            return Optional.of(ImageFormat.of(window));
        } catch (ImageReadException e) {
            return Optional.empty();
        }
    }
}
