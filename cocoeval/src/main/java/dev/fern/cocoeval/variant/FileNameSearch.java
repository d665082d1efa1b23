package dev.fern.cocoeval.variant;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the files of an image folder whose names a data set writes in another way: with backslashes
 * or other compositions of accented letters, as URLs, or with folders of another machine. A name
 * whose folder is there is sought in that folder alone; any other goes by its last part. May be
 * used by several threads at once.
 */
public final class FileNameSearch {

    private static final int MAX_FILES = 4_000_000;

    private final Path root;
    private final Map<Path, NameIndex<Path>> folders = new HashMap<>();

    /** By file: the name that it was found by, so that no other name finds it too. */
    private final Map<Path, String> found = new HashMap<>();

    private NameIndex<Path> all;
    private String firstName;

    /**
     * Reads no folder yet.
     *
     * @param root the image folder
     */
    public FileNameSearch(Path root) {
        this.root = root;
    }

    /**
     * Finds a file.
     *
     * @param fileName as the data set has it
     * @return its path below the root; empty if there is none, or several that are equally like the
     *     name, or if another name has found it before
     */
    public synchronized Optional<Path> find(String fileName) {
        ImageFileName name = ImageFileName.of(fileName);
        if (name.last().isEmpty()) {
            return Optional.empty();
        }
        Optional<Path> file = folder(name).map(this::index).orElseGet(this::all).find(fileName);
        if (file.isEmpty() || !found.computeIfAbsent(file.get(), f -> fileName).equals(fileName)) {
            return Optional.empty();
        }
        firstName = firstName == null ? fileName : firstName;
        return file;
    }

    /** Returns the folder that a name gives, if that is there. */
    private Optional<Path> folder(ImageFileName name) {
        if (!name.local()) {
            return Optional.empty();
        }
        try {
            Path folder = root.resolve(name.folder()).normalize();
            return Files.isDirectory(folder) ? Optional.of(folder) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private NameIndex<Path> index(Path folder) {
        return folders.computeIfAbsent(
                folder,
                listed -> {
                    NameIndex<Path> index = new NameIndex<>();
                    try (Stream<Path> entries = Files.list(listed)) {
                        entries.forEach(entry -> index.add(entry.getFileName().toString(), entry));
                    } catch (IOException | UncheckedIOException e) {
                        return new NameIndex<>(); // a folder that can't be listed has no such file
                    }
                    return index;
                });
    }

    private NameIndex<Path> all() {
        if (all == null) {
            all = new NameIndex<>();
            try {
                Files.walkFileTree(root, new Filler(all));
            } catch (IOException e) {
                all = new NameIndex<>(); // a part that is missing could make a wrong file unique
            }
        }
        return all;
    }

    /** Adds all files below the root to an index. */
    private final class Filler extends SimpleFileVisitor<Path> {
        private final NameIndex<Path> index;
        private int count;

        Filler(NameIndex<Path> index) {
            this.index = index;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            if (++count > MAX_FILES) {
                throw new IOException("more than " + MAX_FILES + " files");
            }
            index.add(root.relativize(file).toString(), file);
            return FileVisitResult.CONTINUE;
        }
    }

    /** {@return how many files were found, with the first as an example; empty if none was} */
    public synchronized Optional<String> note() {
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Path first =
                found.entrySet().stream()
                        .filter(entry -> entry.getValue().equals(firstName))
                        .findFirst()
                        .orElseThrow()
                        .getKey();
        return Optional.of(
                String.format(
                        "%d images have file names that are not there as they are written and were"
                                + " found by their last part, the first: \"%s\" is %s",
                        found.size(), firstName, first));
    }
}
