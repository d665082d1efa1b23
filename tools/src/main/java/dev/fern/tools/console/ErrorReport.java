package dev.fern.tools.console;

import dev.fern.backbone.host.NativeCacheException;
import dev.fern.detection.model.NonFiniteOutputException;
import dev.fern.detection.train.RunLostException;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Locale;

/**
 * What the failure of a command comes to.
 *
 * @param status the exit status
 * @param message one line for the user
 */
public record ErrorReport(int status, String message) {

    private static final String OPEN_FILES = "Too many open files";
    private static final String RAISE_OPEN_FILES = "raise the limit of open files (ulimit -n)";

    /**
     * Tells a fault of the input from one of the machine and from one of Fern.
     *
     * @param failure what a command threw
     * @param traced whether its stack trace is printed too
     * @return status and message
     */
    public static ErrorReport of(Throwable failure, boolean traced) {
        if (failure instanceof UncheckedIOException e) {
            return of(e.getCause(), traced);
        }
        boolean tooManyFiles = hasCause(failure, Throwable.class, OPEN_FILES);
        if (tooManyFiles && failure instanceof IOException) {
            return new ErrorReport(ExitStatus.FAULT, oneLine(failure) + "; " + RAISE_OPEN_FILES);
        }
        // Where Java can't read its classes, it only says which one it did not find.
        if (tooManyFiles || failure instanceof LinkageError && !canOpenFiles()) {
            return new ErrorReport(ExitStatus.FAULT, "too many open files; " + RAISE_OPEN_FILES);
        }
        if (hasCause(failure, OutOfMemoryError.class, "native thread")) {
            return new ErrorReport(
                    ExitStatus.FAULT,
                    "no more threads can be started; raise the limit of processes (ulimit -u, or"
                            + " that of the container)");
        }
        if (hasCause(failure, OutOfMemoryError.class, "the system has no")) {
            return new ErrorReport(
                    ExitStatus.FAULT,
                    "out of memory: "
                            + oneLine(failure)
                            + "; use a smaller batch or smaller images, or raise the limit (ulimit"
                            + " -v, or that of the container)");
        }
        if (failure instanceof OutOfMemoryError) {
            return new ErrorReport(
                    ExitStatus.FAULT,
                    "out of memory; give Java more, for example with FERN_JAVA_OPTIONS=-Xmx8g");
        }
        if (failure instanceof NonFiniteOutputException || failure instanceof RunLostException) {
            return new ErrorReport(ExitStatus.FAULT, oneLine(failure));
        }
        if (failure instanceof BadInputException
                || failure instanceof NativeCacheException
                || failure instanceof IOException) {
            return new ErrorReport(ExitStatus.BAD_INPUT, oneLine(failure));
        }
        return new ErrorReport(
                ExitStatus.FAULT,
                "internal fault: "
                        + inOneLine(failure.toString())
                        + (traced ? "" : " (run again with --debug to see where)"));
    }

    private static boolean hasCause(
            Throwable failure, Class<? extends Throwable> type, String phrase) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause) && String.valueOf(cause.getMessage()).contains(phrase)) {
                return true;
            }
        }
        return false;
    }

    private static boolean canOpenFiles() {
        try (FileInputStream one = new FileInputStream("/dev/null")) {
            return one.available() == 0;
        } catch (IOException e) {
            return !String.valueOf(e.getMessage()).contains(OPEN_FILES);
        }
    }

    /** Returns what is wrong, in words even where Java has none. */
    private static String oneLine(Throwable failure) {
        String kind =
                failure instanceof EOFException
                        ? "a file ends too early"
                        : failure.getClass()
                                .getSimpleName()
                                .replace("Exception", "")
                                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                                .toLowerCase(Locale.ROOT);
        String message = failure.getMessage();
        if (failure instanceof FileSystemException e && e.getReason() == null) {
            message = e.getFile() + ": " + kind; // Java's message is only the name of the file
        }
        return inOneLine(message == null ? kind : message);
    }

    /**
     * {@return a text without line breaks and with its control characters made visible}
     *
     * @param text a message
     */
    public static String inOneLine(String text) {
        return VisibleText.of(text.replaceAll("\\s*\\R\\s*", " "));
    }
}
