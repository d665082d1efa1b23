package dev.fern.tools.console;

import dev.fern.backbone.host.NativeCacheException;
import dev.fern.detection.model.NonFiniteOutputException;
import dev.fern.detection.train.RunLostException;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.List;
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

    private static final String RAISE_MEMORY =
            "raise the limit of memory (ulimit -v, or that of the container)";

    private static final String TAKE_LESS_MEMORY =
            "; use a smaller batch or smaller images, or " + RAISE_MEMORY;

    /**
     * What native code says where the system gives it no memory: MXNet, oneDNN, PyTorch, OpenCV.
     */
    private static final List<String> NATIVE_MEMORY =
            List.of(
                    "Failed to allocate CPU Memory",
                    "could not create a memory object",
                    "could not create a primitive",
                    "DefaultCPUAllocator",
                    "Insufficient memory");

    /** What the loader says where it has no memory for a library. */
    private static final String NO_LIBRARY = "failed to map segment from shared object";

    private static final List<String> FULL_DISK =
            List.of("No space left on device", "Disk quota exceeded");

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
                    ExitStatus.FAULT, "out of memory: " + oneLine(failure) + TAKE_LESS_MEMORY);
        }
        if (hasCause(failure, NATIVE_MEMORY)) {
            return new ErrorReport(ExitStatus.FAULT, "out of memory" + TAKE_LESS_MEMORY);
        }
        if (hasCause(failure, Throwable.class, NO_LIBRARY)) {
            return new ErrorReport(
                    ExitStatus.FAULT,
                    "there is no memory to load a native library, or its folder is mounted noexec; "
                            + RAISE_MEMORY);
        }
        if (failure instanceof OutOfMemoryError) {
            return new ErrorReport(
                    ExitStatus.FAULT,
                    "out of memory; give Java more, for example with FERN_JAVA_OPTIONS=-Xmx8g");
        }
        if (failure instanceof NonFiniteOutputException
                || failure instanceof RunLostException
                || failure instanceof IOException && hasCause(failure, FULL_DISK)) {
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
                        + place(failure)
                        + (traced ? "" : " (--debug shows the whole trace)"));
    }

    /** Returns where Fern's own code failed, since a fault may not come again. */
    private static String place(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return Arrays.stream(cause.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.fern."))
                .findFirst()
                .map(frame -> " at " + frame.getFileName() + ":" + frame.getLineNumber())
                .orElse("");
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

    private static boolean hasCause(Throwable failure, List<String> phrases) {
        return phrases.stream().anyMatch(phrase -> hasCause(failure, Throwable.class, phrase));
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
