package dev.fern.tools.detect;

import dev.fern.cocoeval.AtomicFile;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;

/**
 * A text file that is written while a command works, and gets its name when it is closed. Until
 * then it lies beside its place under a hidden name. A pipe or a device is written to where it is.
 */
final class GrowingFile implements Closeable {

    private final Path file;
    private final Path temporary;
    private final Writer writer;

    /**
     * Opens the file.
     *
     * @param file compressed with gzip if its name ends in {@code .gz}; a link is followed
     * @throws IOException naming the file if it can't be written
     */
    GrowingFile(Path file) throws IOException {
        this.file = Files.isRegularFile(file) ? file.toRealPath() : file;
        boolean replaced = !Files.exists(file) || Files.isRegularFile(file);
        temporary =
                replaced
                        ? this.file.resolveSibling(
                                "." + this.file.getFileName() + "." + UUID.randomUUID() + ".tmp")
                        : null;
        try {
            OutputStream out = Files.newOutputStream(replaced ? temporary : file);
            writer =
                    new BufferedWriter(
                            new OutputStreamWriter(
                                    isCompressed() ? new GZIPOutputStream(out, 1 << 16) : out,
                                    StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private boolean isCompressed() {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gz");
    }

    private IOException unwritable(IOException cause) {
        return new IOException(file + ": can't be written: " + AtomicFile.reason(cause), cause);
    }

    /** Appends text. */
    void append(String text) throws IOException {
        try {
            writer.write(text);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Ends the file and gives it its name. */
    @Override
    public void close() throws IOException {
        try {
            writer.close();
            if (temporary != null) {
                move();
            }
        } catch (IOException e) {
            throw unwritable(e);
        } finally {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        }
    }

    private void move() throws IOException {
        try {
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Drops what was written. */
    void discard() throws IOException {
        try (writer) {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        }
    }
}
