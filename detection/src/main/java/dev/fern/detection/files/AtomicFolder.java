package dev.fern.detection.files;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes a folder whole or not at all: beside its place first, then moved there. At every moment
 * either the place or its twin {@code .NAME.old} is a complete folder, if one was there before.
 */
public final class AtomicFolder {

    /** Fills a folder. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything into {@code folder}, which is empty. */
        void writeTo(Path folder) throws IOException;
    }

    private AtomicFolder() {}

    /**
     * Writes a folder, or replaces one with all that is in it. It is on the disk before it takes
     * its place.
     *
     * @throws IOException if that fails; a folder that was there before is then unchanged
     */
    public static void replace(Path target, Content content) throws IOException {
        Path replaced = twin(target, "old");
        replace(target, content, replaced);
        delete(replaced);
    }

    /**
     * As {@link #replace(Path, Content)}, but the folder that was there before is kept.
     *
     * @param kept where it goes, on the same disk; what is there is deleted
     */
    public static void replace(Path target, Content content, Path kept) throws IOException {
        Path fresh = twin(target, "new");
        delete(fresh); // what an ended process did not finish
        try {
            Files.createDirectories(fresh);
            content.writeTo(fresh);
            force(fresh);
            if (Files.exists(target)) {
                move(target, kept);
            }
            move(fresh, target);
        } finally {
            delete(fresh); // what was not finished
        }
    }

    /**
     * Moves a folder, at once and for good.
     *
     * @param to its new place on the same disk; what is there is deleted
     */
    public static void move(Path from, Path to) throws IOException {
        Path folder = to.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        delete(to);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        forceEntries(folder);
        forceEntries(from.toAbsolutePath().getParent());
    }

    /** Forces a folder and its files to the disk. */
    private static void force(Path folder) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path file : paths.toList()) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
        forceEntries(folder);
    }

    /** Forces a folder's list of names to the disk, where the system can open folders. */
    private static void forceEntries(Path folder) throws IOException {
        if (File.separatorChar == '/') {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Puts back what was there before, if a process ended amidst replacing it. */
    public static void putBack(Path target) throws IOException {
        Path replaced = twin(target, "old");
        if (!Files.exists(target) && Files.exists(replaced)) {
            Files.move(replaced, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static Path twin(Path target, String kind) {
        Path place = target.toAbsolutePath().normalize();
        return place.resolveSibling("." + place.getFileName() + "." + kind);
    }

    /** Deletes a folder with all that is in it, if it is there. */
    public static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
                for (Path path : deepestFirst) {
                    Files.delete(path);
                }
            }
        }
    }
}
