package dev.fern.tools.annotation;

import dev.fern.detection.files.AtomicFolder;
import dev.fern.tools.console.BadInputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Writes the formats that have one file per image. */
public final class ImageFiles {

    /** Writes the content of the file of an image. */
    public interface Content {
        /**
         * Writes everything.
         *
         * @param image whose size is known
         * @param text of the file; the caller closes it
         * @throws IOException if that fails
         */
        void writeTo(AnnotatedImage image, Writer text) throws IOException;
    }

    private ImageFiles() {}

    /**
     * Writes a folder, whole or not at all.
     *
     * @param dataset the images
     * @param output the folder, which is missing or empty
     * @param below the folder within the output that the files go to; empty for the output itself
     * @param extension of the files, which have the names of the images otherwise
     * @param content writes the file of an image
     * @param others writes what the folder holds besides
     * @throws BadInputException naming an image whose size is not known, or two whose files would
     *     be the same
     * @throws IOException if the folder can't be written; it is then as it was
     */
    public static void write(
            AnnotatedDataset dataset,
            Path output,
            String below,
            String extension,
            Content content,
            AtomicFolder.Content others)
            throws IOException, BadInputException {
        requireSizes(dataset);
        Map<String, String> images = new HashMap<>();
        for (AnnotatedImage image : dataset.images()) {
            String name = FileNames.withoutExtension(image.fileName());
            // Lower case: two names that differ in case are one file on some systems.
            String other = images.put(name.toLowerCase(Locale.ROOT), image.fileName());
            if (other != null) {
                throw new BadInputException(
                        other
                                + " and "
                                + image.fileName()
                                + " would both be written to "
                                + name
                                + extension
                                + "; rename one of the images");
            }
        }
        folder(
                output,
                folder -> {
                    Path root = Files.createDirectories(folder.resolve(below));
                    for (AnnotatedImage image : dataset.images()) {
                        write(root, image, extension, content);
                    }
                    others.writeTo(folder);
                });
    }

    /** Writes a folder beside its place, which is missing or empty, and moves it there. */
    private static void folder(Path output, AtomicFolder.Content content) throws IOException {
        Path place = output.toAbsolutePath().normalize();
        Path fresh = place.resolveSibling("." + place.getFileName() + ".new");
        AtomicFolder.delete(fresh); // left by a process that ended amidst writing
        try {
            Files.createDirectories(fresh);
            content.writeTo(fresh);
            Files.deleteIfExists(place);
            Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            AtomicFolder.delete(fresh); // still there if writing failed
        }
    }

    private static void write(Path root, AnnotatedImage image, String extension, Content content)
            throws IOException {
        String name = FileNames.withoutExtension(image.fileName()) + extension;
        Path file = root.resolve(name).normalize();
        if (!file.startsWith(root)) {
            throw new IOException(image.fileName() + ": leads out of the folder");
        }
        Files.createDirectories(file.getParent());
        try (BufferedWriter text = Files.newBufferedWriter(file)) {
            content.writeTo(image, text);
        }
    }

    /**
     * Checks that the sizes of all images are known.
     *
     * @param dataset the images
     * @throws BadInputException naming the first image whose size is not known
     */
    public static void requireSizes(AnnotatedDataset dataset) throws BadInputException {
        for (AnnotatedImage image : dataset.images()) {
            if (image.size().isEmpty()) {
                throw new BadInputException(
                        image.fileName()
                                + ": its size is not known; name the image folder with --images");
            }
        }
    }
}
