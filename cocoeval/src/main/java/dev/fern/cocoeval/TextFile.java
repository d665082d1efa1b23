package dev.fern.cocoeval;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads small text files, with exceptions that name the file, which Java's own don't always do. */
public final class TextFile {

    private TextFile() {}

    /**
     * Reads a UTF-8 file.
     *
     * @throws FileSystemException if it is missing or may not be read
     * @throws IOException naming the file if it is a folder or not UTF-8
     */
    public static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (FileSystemException e) {
            throw e; // names the file itself
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": not UTF-8 text", e);
        } catch (IOException e) {
            String problem =
                    Files.isDirectory(file) ? "is a folder, not a file" : "can't be read: " + e;
            throw new IOException(file + ": " + problem, e);
        }
    }
}
