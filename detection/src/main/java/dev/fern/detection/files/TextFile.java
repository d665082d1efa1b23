package dev.fern.detection.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads text files. Its exceptions name the file, which those of Java don't always do. */
public final class TextFile {

    private static final int MOST_BYTES = 1 << 26;

    /** Receives the lines of a file. */
    @FunctionalInterface
    public interface Lines {
        /**
         * Receives a line.
         *
         * @param number of the line, from 1
         * @param text of the line, without its end
         * @param ended whether a line feed ends it; only the last line may lack one
         * @throws IOException if the line can't be used
         */
        void accept(int number, String text, boolean ended) throws IOException;
    }

    private TextFile() {}

    /**
     * Reads a small UTF-8 file, or a pipe.
     *
     * @param file the file
     * @return its text
     * @throws FileSystemException if it is missing or may not be read
     * @throws IOException naming the file if it is a folder, larger than 64 MB or not UTF-8
     */
    public static String read(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1); // a device has neither a size nor an end
        } catch (FileSystemException e) {
            throw e; // names the file itself
        } catch (IOException e) {
            throw named(file, e);
        }
        if (bytes.length > MOST_BYTES) {
            throw new IOException(file + ": is larger than " + MOST_BYTES + " bytes");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw named(file, e);
        }
    }

    /**
     * Reads a small UTF-8 file from elsewhere, which may turn out to be large, or a device without
     * an end.
     *
     * @param file the file
     * @param mostBytes the largest size that is read
     * @return its text
     * @throws FileSystemException if it is missing or may not be read
     * @throws IOException naming the file if it is larger, no regular file or not UTF-8
     */
    public static String readSmall(Path file, long mostBytes) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + ": is not a regular file");
        }
        if (Files.size(file) > mostBytes) {
            throw new IOException(file + ": is larger than " + mostBytes + " bytes");
        }
        return read(file);
    }

    /**
     * Reads a UTF-8 file of any size, line by line.
     *
     * @param file the file
     * @param longest largest number of characters of a line
     * @param lines receives the lines
     * @throws FileSystemException if it is missing or may not be read
     * @throws IOException naming the file if it is a folder or not UTF-8, and the line if it is too
     *     long; or what {@code lines} throws
     */
    public static void readLines(Path file, int longest, Lines lines) throws IOException {
        StringBuilder line = new StringBuilder();
        int number = 1;
        try (BufferedReader text = Files.newBufferedReader(file)) {
            for (int c = read(text, file); c >= 0; c = read(text, file)) {
                if (c == '\n') {
                    lines.accept(number++, line.toString(), true);
                    line.setLength(0);
                } else if (line.length() < longest) {
                    line.append((char) c);
                } else {
                    throw new IOException(
                            file
                                    + ": line "
                                    + number
                                    + " is longer than "
                                    + longest
                                    + " characters");
                }
            }
        }
        if (!line.isEmpty()) {
            lines.accept(number, line.toString(), false);
        }
    }

    private static int read(BufferedReader text, Path file) throws IOException {
        try {
            return text.read();
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    private static IOException named(Path file, IOException e) {
        if (e instanceof CharacterCodingException) {
            return new IOException(file + ": not UTF-8 text", e);
        }
        String problem =
                Files.isDirectory(file) ? "is a folder, not a file" : "can't be read: " + e;
        return new IOException(file + ": " + problem, e);
    }
}
