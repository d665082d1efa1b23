package dev.fern.tools.annotation;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown when an annotation file can't be used. The message is one line naming the file and the
 * element.
 */
public final class AnnotationFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Says what is wrong with a file.
     *
     * @param file the file
     * @param fault what is wrong, which may quote the file
     * @param cause what led to it, or null
     */
    public AnnotationFormatException(Path file, String fault, Throwable cause) {
        super(file + ": " + printable(fault), cause);
    }

    /**
     * Says what is wrong with a file.
     *
     * @param file the file
     * @param fault what is wrong, which may quote the file
     */
    public AnnotationFormatException(Path file, String fault) {
        this(file, fault, null);
    }

    /** Makes a fault safe to print: it quotes the file, which may hold anything. */
    private static String printable(String fault) {
        String line = fault.replaceAll("\\s+", " ").replaceAll("[\\p{C}\\u2028\\u2029]", "?");
        return line.length() <= 300 ? line : line.substring(0, 300) + "...";
    }
}
