package dev.fern.tools.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Standard error as commands write to it. While a command runs it takes the place of {@link
 * System#err}, so that every line, whoever prints it, stands above the progress bar and is dropped
 * where the user wants to hear of errors alone.
 */
public final class Messages extends PrintStream {

    /** The one that Java's own streams have: the system's. */
    private static final Charset CHARSET = Charset.forName(System.getProperty("native.encoding"));

    private final Verbosity verbosity;
    private final PrintStream errors;
    private final StatusLine statusLine;

    private Messages(
            OutputStream target, Verbosity verbosity, PrintStream errors, StatusLine statusLine) {
        super(target, true, CHARSET);
        this.verbosity = verbosity;
        this.errors = errors;
        this.statusLine = statusLine;
    }

    /** How much a command says on standard error. */
    public enum Verbosity {
        /** Nothing but errors. */
        QUIET,
        /** Also progress, notes and warnings. */
        NORMAL,
        /** Also what was decided: engine, threads, precision, data, time. */
        VERBOSE
    }

    /** Work that is done while messages go where the user wants them. */
    @FunctionalInterface
    public interface Work {
        /** {@return the exit status} */
        int run();
    }

    /**
     * Does some work with {@link System#err}, and {@link System#out} if it is the same terminal,
     * replaced by streams that heed the verbosity and the progress bar.
     *
     * @param verbosity how much the user wants to read
     * @param work runs a command
     * @return the exit status of the work
     */
    public static int during(Verbosity verbosity, Work work) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        OptionalInt width =
                verbosity == Verbosity.QUIET
                        ? OptionalInt.empty()
                        : Terminal.widthOfStandardError();
        if (width.isPresent()) {
            StatusLine line = new StatusLine(err, width.getAsInt());
            PrintStream above = new PrintStream(line.above(err), true, CHARSET);
            System.setErr(new Messages(above, verbosity, above, line));
            if (Terminal.isStandardOutput()) {
                System.setOut(new PrintStream(line.above(out), true, CHARSET));
            }
            Runtime.getRuntime().addShutdownHook(new Thread(line::close));
        } else if (verbosity == Verbosity.QUIET) {
            System.setErr(new Messages(OutputStream.nullOutputStream(), verbosity, err, null));
        } else if (verbosity == Verbosity.VERBOSE) {
            System.setErr(new Messages(err, verbosity, err, null));
        }
        try {
            return work.run();
        } finally {
            System.out.flush();
            System.setErr(err);
            System.setOut(out);
        }
    }

    /** {@return where errors go, however little the user wants to read} */
    public static PrintStream errors() {
        return System.err instanceof Messages messages ? messages.errors : System.err;
    }

    /**
     * Prints what was decided, for users who want to know.
     *
     * @param line makes one line, if it is printed
     */
    public static void detail(Supplier<String> line) {
        if (System.err instanceof Messages messages && messages.verbosity == Verbosity.VERBOSE) {
            messages.println(VisibleText.of(line.get()));
        }
    }

    /**
     * Begins a bar at the foot of the terminal.
     *
     * @param task what is done, in a word
     * @param total number of units of the whole task; less than 1 where it is not known
     * @param unit one space and what is counted
     * @return what builds the bar; empty where standard error is no terminal that can redraw a line
     */
    public static Optional<ProgressBarBuilder> bar(String task, long total, String unit) {
        if (!(System.err instanceof Messages messages) || messages.statusLine == null) {
            return Optional.empty();
        }
        return Optional.of(
                new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(total < 1 ? -1 : total)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUnit(unit, 1)
                        .setConsumer(messages.statusLine.bar()));
    }
}
