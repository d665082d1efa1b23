package dev.fern.detection.files;

import dev.fern.cocoeval.AtomicFile;
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
 * Writes a folder whole or not at all: it is written beside its place first and then moved there.
 * At every moment either the place or its twin {@code .NAME.old} is a complete folder, if one was
 * there before.
 */
public final class AtomicFolder {

    /** Writes the content of a folder. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything.
         *
         * @param folder where to; empty
         * @throws IOException if that fails
         */
        void writeTo(Path folder) throws IOException;
    }

    private AtomicFolder() {}

    /**
     * Writes a folder, or replaces one with all that is in it. The new folder is on the disk before
     * it takes its place.
     *
     * @param target the folder
     * @param content writes what it is to hold
     * @throws IOException if that fails; a folder that was there before is then unchanged
     */
    public static void replace(Path target, Content content) throws IOException {
        Path replaced = twin(target, "old");
        replace(target, content, replaced);
        delete(replaced);
    }

    /**
     * Writes a folder, or replaces one and keeps what was there before elsewhere. The new folder is
     * on the disk before it takes its place.
     *
     * @param target the folder
     * @param content writes what it is to hold
     * @param kept where the folder that was there before goes, on the same disk; what is there is
     *     deleted
     * @throws IOException if that fails; a folder that was there before is then at {@code target}
     *     or at {@code kept}
     */
    public static void replace(Path target, Content content, Path kept) throws IOException {
        Path fresh = twin(target, "new");
        delete(fresh); // left by a process that ended amidst writing
        try {
            try {
                Files.createDirectories(fresh);
                content.writeTo(fresh);
                force(fresh);
            } catch (IOException e) {
                throw new IOException(target + ": can't be written: " + AtomicFile.reason(e), e);
            }
            if (Files.exists(target)) {
                move(target, kept);
            }
            move(fresh, target);
        } finally {
            delete(fresh); // still there if writing failed
        }
    }

    /**
     * Moves a folder in one atomic step and forces the move to the disk.
     *
     * @param from the folder
     * @param to its new place on the same disk; what is there is deleted
     * @throws IOException if that fails
     */
    public static void move(Path from, Path to) throws IOException {
        Path folder = to.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        delete(to);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        forceEntries(folder);
        forceEntries(from.toAbsolutePath().getParent());
    }

    /** Forces a folder and all that is in it to the disk. */
    private static void force(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                if (Files.isDirectory(path)) {
                    forceEntries(path);
                } else {
                    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                        channel.force(true);
                    }
                }
            }
        }
    }

    /** Forces a folder's list of names to the disk, where the system can open folders. */
    private static void forceEntries(Path folder) throws IOException {
        if (File.separatorChar == '/') {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /**
     * Puts back the folder that was there before, if a process ended amidst replacing it.
     *
     * @param target the folder
     * @throws IOException if that fails
     */
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

    /**
     * Deletes a folder with all that is in it, if it is there.
     *
     * @param folder the folder
     * @throws IOException if something in it can't be deleted
     */
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
