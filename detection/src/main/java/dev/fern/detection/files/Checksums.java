package dev.fern.detection.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The SHA-256 checksums of a folder's files, in the format that {@code sha256sum --check} also
 * reads.
 */
public final class Checksums {

    /** The file that holds them. */
    static final String FILE = "SHA256SUMS";

    private static final String SEPARATOR = "  ";
    private static final int MOST_BYTES = 1 << 20;

    private Checksums() {}

    /**
     * Writes the checksums of all files of a folder into it.
     *
     * @param folder holds files alone
     * @throws IOException if a file can't be read or written
     */
    public static void write(Path folder) throws IOException {
        StringBuilder lines = new StringBuilder();
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.sorted().toList();
        }
        for (Path file : files) {
            lines.append(of(file)).append(SEPARATOR).append(file.getFileName()).append('\n');
        }
        Files.writeString(folder.resolve(FILE), lines);
    }

    /**
     * Checks the files of a folder.
     *
     * @param folder holds the checksums too
     * @throws IOException naming the first file that is missing or not the one that was written
     */
    public static void verify(Path folder) throws IOException {
        Path sums = folder.resolve(FILE);
        String lines = TextFile.readSmall(sums, MOST_BYTES);
        if (!lines.endsWith("\n")) {
            throw damaged(sums);
        }
        for (String line : lines.split("\n")) {
            int end = line.indexOf(SEPARATOR);
            if (end < 0) {
                throw damaged(sums);
            }
            Path file;
            try {
                file = folder.resolve(line.substring(end + SEPARATOR.length()));
            } catch (InvalidPathException e) {
                throw damaged(sums);
            }
            if (!Files.isRegularFile(file)) {
                throw new NoSuchFileException(file.toString());
            }
            if (!of(file).equals(line.substring(0, end))) {
                throw damaged(file);
            }
        }
    }

    private static IOException damaged(Path file) {
        return new IOException(file + ": damaged: its checksum is not that of what was written");
    }

    private static String of(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
