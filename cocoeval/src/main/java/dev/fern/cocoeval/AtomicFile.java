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

/** Writes a file whole or not at all: first beside its place, then moved there in one step. */
public final class AtomicFile {
    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything.
         *
         * @param out buffered; the caller closes it
         * @throws IOException if anything can't be written
         */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /**
     * Writes or replaces a file with these bytes.
     *
     * @param file compressed with gzip if its name ends in {@code .gz}
     * @param content not yet compressed
     * @throws IOException if the file can't be written; a file that was there before is then
     *     unchanged
     */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, out -> out.write(content));
    }

    /**
     * Writes or replaces a file.
     *
     * @param file compressed with gzip if its name ends in {@code .gz}; a link is followed, and a
     *     pipe or device is written to where it is
     * @param content called once
     * @throws IOException if the file can't be written; a file that was there before is then
     *     unchanged
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

    /**
     * Returns what is wrong, without the name of a temporary file that the user does not know.
     *
     * @param e what was thrown while a file was written
     * @return a phrase, such as {@code No space left on device}
     */
    public static String reason(IOException e) {
        if (!(e instanceof FileSystemException problem)) {
            return e.getMessage() == null ? e.toString() : e.getMessage();
        }
        if (problem.getReason() != null) {
            return problem.getReason();
        }
        return e instanceof AccessDeniedException
                ? "no permission"
                : "no file can be made in its folder";
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
     * @param file may exist, and is then left as it is
     * @throws IOException naming the file if it is a folder, or if its folder does not exist or
     *     can't be written to
     */
    public static void requireWritable(Path file) throws IOException {
        if (file.getFileName() == null || Files.isDirectory(file)) {
            throw new IOException(file + ": is a folder, not a file");
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
