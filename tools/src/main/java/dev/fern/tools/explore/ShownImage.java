package dev.fern.tools.explore;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageHeader;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * An image as the page shows it.
 *
 * @param link address of the whole image, relative to the page; empty if there is none
 * @param size in pixels, upright if it is shown so; 0 x 0 is never taken
 * @param thumbnail address of the small version; empty if there is none
 * @param problem why the image can't be shown; empty if it can
 */
record ShownImage(
        Optional<String> link,
        Optional<ImageSize> size,
        Optional<String> thumbnail,
        Optional<String> problem) {

    static ShownImage unusable(String problem) {
        return new ShownImage(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(problem));
    }

    /** Where an image's file is, and how it is read. */
    record Original(Path file, ImageHeader header, boolean upright) {

        static Original of(Path file, Optional<ImageSize> size, ImageReader reader)
                throws IOException {
            ImageHeader header = reader.header(file);
            return new Original(
                    file, header, reader.isUpright(header, size.orElse(header.uprightSize())));
        }

        ImageSize size() {
            return upright ? header.uprightSize() : header.storedSize();
        }

        /**
         * Returns whether browsers show the file as Fern reads it: they know no TIFF, turn JPEGs
         * upright, and do not agree on the orientation of others.
         */
        boolean isShownByBrowsers() {
            return header.format() != ImageFormat.TIFF
                    && (header.orientation() == 1
                            || upright && header.format() == ImageFormat.JPEG);
        }

        String extension() {
            return header.format() == ImageFormat.JPEG
                    ? "jpg"
                    : header.format().name().toLowerCase(Locale.ROOT);
        }
    }

    /** Decodes a file wholly and returns it as a JPEG. */
    static byte[] jpeg(Original original, ImageReader reader) throws IOException {
        try (BgrImage image = reader.read(original.file, original.size())) {
            return image.encoded(".jpg");
        }
    }

    /**
     * Returns the address of a file as a link in a page, whatever characters the path has.
     *
     * @param folder of the page, absolute
     * @param file absolute
     */
    static String link(Path folder, Path file) {
        if (!folder.getRoot().equals(file.getRoot())) {
            return file.toUri().toASCIIString();
        }
        String path = folder.relativize(file).toString().replace(File.separatorChar, '/');
        try {
            return new URI(null, null, "./" + path, null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(file + " makes no link", e);
        }
    }
}
