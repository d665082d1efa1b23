package dev.fern.tools.dataset;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown when a Pascal VOC file can't be used. The message is one line naming the file and the
 * element.
 */
public final class VocFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    VocFormatException(Path file, String fault, Throwable cause) {
        super(file + ": " + printable(fault), cause);
    }

    VocFormatException(Path file, String fault) {
        this(file, fault, null);
    }

    /** Makes a fault safe to print: it quotes the file, which may hold anything. */
    private static String printable(String fault) {
        String line = fault.replaceAll("\\s+", " ").replaceAll("[\\p{C}\\u2028\\u2029]", "?");
        return line.length() <= 300 ? line : line.substring(0, 300) + "...";
    }
}
