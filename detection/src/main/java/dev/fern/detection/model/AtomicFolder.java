package dev.fern.detection.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
     * Writes a folder, or replaces one with all that is in it.
     *
     * @throws IOException if that fails; a folder that was there before is then unchanged
     */
    public static void replace(Path target, Content content) throws IOException {
        Path fresh = twin(target, "new");
        Path replaced = twin(target, "old");
        delete(fresh);
        try {
            Files.createDirectories(fresh);
            content.writeTo(fresh);
            if (Files.exists(target)) {
                delete(replaced);
                Files.move(target, replaced, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(fresh); // what was not finished
        }
        delete(replaced);
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

    private static void delete(Path folder) throws IOException {
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
