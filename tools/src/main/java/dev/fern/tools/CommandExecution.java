package dev.fern.tools;

import dev.fern.tools.console.Messages;
import dev.fern.tools.console.Messages.Verbosity;
import dev.fern.tools.console.PeakMemory;
import dev.fern.tools.console.VersionProvider;
import java.util.Locale;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * Runs a command as the options that all commands share want it. Apart from {@link Fern}, which
 * Java must load even where it can open no other file, to say so.
 *
 * @param isQuiet whether errors alone are wanted on standard error
 * @param isVerbose whether it is to say what was decided
 * @param color when to print colours
 */
record CommandExecution(boolean isQuiet, boolean isVerbose, Color color) {

    /** When to print colours. */
    enum Color {
        AUTO,
        ALWAYS,
        NEVER;

        private Ansi ansi() {
            return switch (this) {
                case ALWAYS -> Ansi.ON;
                case NEVER -> Ansi.OFF;
                case AUTO -> "dumb".equals(System.getenv("TERM")) ? Ansi.OFF : Ansi.AUTO;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the exit status. */
    int execute(ParseResult parsed) {
        Ansi ansi = color.ansi();
        parsed.asCommandLineList()
                .forEach(command -> command.setColorScheme(Help.defaultColorScheme(ansi)));
        if (isQuiet && isVerbose) {
            throw new ParameterException(
                    parsed.asCommandLineList().get(0), "--quiet and --verbose exclude each other");
        }
        Verbosity verbosity =
                isQuiet ? Verbosity.QUIET : isVerbose ? Verbosity.VERBOSE : Verbosity.NORMAL;
        return Messages.during(verbosity, () -> timed(parsed));
    }

    private static int timed(ParseResult parsed) {
        long start = System.nanoTime();
        Messages.detail(
                () ->
                        String.format(
                                Locale.ROOT,
                                "%s, Java %s, %s %s, %d processors, Java's heap at most %d MiB",
                                VersionProvider.version(),
                                System.getProperty("java.version"),
                                System.getProperty("os.name"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors(),
                                Runtime.getRuntime().maxMemory() >> 20));
        try {
            return new RunLast().execute(parsed);
        } finally {
            double seconds = (System.nanoTime() - start) / 1e9;
            Messages.detail(
                    () ->
                            String.format(Locale.ROOT, "took %.1f s", seconds)
                                    + PeakMemory.mebibytes().stream()
                                            .mapToObj(size -> Math.round(size))
                                            .map(size -> ", peak memory " + size + " MiB")
                                            .findFirst()
                                            .orElse(""));
        }
    }
}
