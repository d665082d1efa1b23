package dev.fern.tools.console;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks whether the streams of this process are terminals that can redraw a line. */
final class Terminal {

    /** Width in characters of a terminal that does not know its own. */
    private static final int USUAL_WIDTH = 80;

    private static final Path STREAMS = Path.of("/proc/self/fd");
    private static final Pattern DEVICE = Pattern.compile("/dev/(pts/|tty|console).*");
    private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("\\d+ (\\d+)\\s*");

    private Terminal() {}

    /**
     * {@return the width in characters of the terminal that standard error is; empty if it is none,
     * or one that can't move its cursor (TERM is dumb or unset)}
     */
    static OptionalInt widthOfStandardError() {
        String term = System.getenv("TERM");
        if (term == null || term.isEmpty() || term.equals("dumb") || isNoDevice(2)) {
            return OptionalInt.empty();
        }
        Matcher size = ROWS_AND_COLUMNS.matcher(ask("stty size <&2 2>/dev/null"));
        if (!size.matches()) {
            return OptionalInt.empty();
        }
        int width = Integer.parseInt(size.group(1));
        return OptionalInt.of(width < 1 ? USUAL_WIDTH : width);
    }

    /** {@return whether standard output is a terminal} */
    static boolean isStandardOutput() {
        if (isNoDevice(1)) {
            return false;
        }
        try {
            return new ProcessBuilder("sh", "-c", "test -t 1").inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Returns whether the system tells, without a process of its own, that it is no terminal. */
    private static boolean isNoDevice(int stream) {
        try {
            Path target = Files.readSymbolicLink(STREAMS.resolve(String.valueOf(stream)));
            return !DEVICE.matcher(target.toString()).matches();
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static String ask(String command) {
        try {
            Process process =
                    new ProcessBuilder("sh", "-c", command).redirectError(Redirect.INHERIT).start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
