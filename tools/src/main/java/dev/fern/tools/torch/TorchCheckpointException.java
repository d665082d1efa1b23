package dev.fern.tools.torch;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown when a PyTorch checkpoint is damaged, hostile, or of a kind that is not read. The message
 * is one line naming the file.
 */
public final class TorchCheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    TorchCheckpointException(Path file, String fault, Throwable cause) {
        super(file + ": " + printable(fault), cause);
    }

    TorchCheckpointException(Path file, String fault) {
        this(file, fault, null);
    }

    /** Makes a fault safe to print: it quotes names from the file, which may hold anything. */
    private static String printable(String fault) {
        String line = fault.replaceAll("[\\p{C}\\u2028\\u2029]", "?");
        return line.length() <= 300 ? line : line.substring(0, 300) + "...";
    }
}
