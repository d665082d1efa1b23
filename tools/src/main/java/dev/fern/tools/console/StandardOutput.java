package dev.fern.tools.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells whether what a command printed has reached standard output. */
public final class StandardOutput {

    private static final Path DEVICE = Path.of("/dev/stdout");

    /** The part of a file's mode that tells of what kind it is, and two kinds, as in stat(2). */
    private static final int KIND = 0xF000;

    private static final int PIPE = 0x1000;
    private static final int SOCKET = 0xC000;

    private StandardOutput() {}

    /**
     * Writes what is left of the output.
     *
     * @return whether some could not be written, other than to a reader that wanted no more, as
     *     {@code head}
     */
    public static boolean isLost() {
        return System.out.checkError() && !hasReader();
    }

    private static boolean hasReader() {
        try {
            int kind = (Integer) Files.getAttribute(DEVICE, "unix:mode") & KIND;
            return kind == PIPE || kind == SOCKET;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
