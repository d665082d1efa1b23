package dev.fern.cocoeval;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;

/** Writes a file whole or not at all: beside its place first, then moved there at once. */
public final class AtomicFile {
    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything; the caller closes the stream. */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /** Writes or replaces a file with these bytes, as {@link #write(Path, Content)}. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, out -> out.write(content));
    }

    /**
     * Writes or replaces a file, compressed where its name ends in {@code .gz}.
     *
     * @throws IOException if that fails; a file that was there before is then unchanged
     */
    public static void write(Path file, Content content) throws IOException {
        requireWritable(file);
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                try (OutputStream out = Files.newOutputStream(file)) {
                    content.writeTo(out); // a pipe or a device
                }
            } else {
                replace(Files.exists(file) ? file.toRealPath() : file, content);
            }
        } catch (IOException e) {
            throw new IOException(file + ": can't be written: " + reason(e), e);
        }
    }

    /** What is wrong, without the name of a file that the user does not know. */
    private static String reason(IOException e) {
        if (!(e instanceof FileSystemException problem)) {
            return e.getMessage();
        }
        if (problem.getReason() != null) {
            return problem.getReason();
        }
        return e instanceof AccessDeniedException ? "no permission" : "its folder takes no file";
    }

    private static void replace(Path file, Content content) throws IOException {
        Path name = file.getFileName();
        Path temporary = file.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
        try {
            try (OutputStream out = open(temporary, name.toString())) {
                content.writeTo(out);
            }
            move(temporary, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Checks that a file of this name could be written, so that a long computation need not end in
     * vain.
     *
     * @throws IOException naming the file if it is a folder or would be in none
     */
    public static void requireWritable(Path file) throws IOException {
        if (file.getFileName() == null || Files.isDirectory(file)) {
            throw new IOException(file + ": is a folder, not the name of a file");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new IOException(file + ": there is no folder " + folder);
        }
        if (!Files.isWritable(folder) && !Files.exists(file)) {
            throw new IOException(file + ": the folder can't be written to");
        }
    }

    private static OutputStream open(Path temporary, String name) throws IOException {
        OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW);
        return name.toLowerCase(Locale.ROOT).endsWith(".gz")
                ? new GZIPOutputStream(out, 1 << 16)
                : new BufferedOutputStream(out, 1 << 16);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(
                    from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
