package dev.fern.tools;

import dev.fern.backbone.host.NativeCacheException;
import dev.fern.tools.benchmark.BenchmarkCommand;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.VersionProvider;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.dataset.DatasetCommand;
import dev.fern.tools.detect.DetectCommand;
import dev.fern.tools.evaluate.CompareCommand;
import dev.fern.tools.evaluate.EvaluateCommand;
import dev.fern.tools.run.ReportCommand;
import dev.fern.tools.sweep.SweepCommand;
import dev.fern.tools.torch.ImportCommand;
import dev.fern.tools.train.PretrainCommand;
import dev.fern.tools.train.TrainCommand;
import dev.fern.tools.verify.VerifyCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The entry point of the command line. It hands over to a command and turns what that throws into
 * one line on standard error and an exit status.
 */
@Command(
        name = "fern",
        description =
                "Trains, evaluates and runs object detectors whose result for an image never"
                        + " depends on the images that share its batch.",
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            ReportCommand.class,
            PretrainCommand.class,
            EvaluateCommand.class,
            CompareCommand.class,
            SweepCommand.class,
            DetectCommand.class,
            VerifyCommand.class,
            ImportCommand.class,
            DatasetCommand.class,
            BenchmarkCommand.class
        },
        footer = {
            "",
            "'fern COMMAND --help' explains a command and all of its options.",
            "Exit status: 0 done, 1 an internal fault, 2 bad usage or bad input, 130 interrupted.",
            "Start with: fern demo"
        })
public final class Fern {

    /** What Java takes for the home of a user without an entry in the system's list. */
    private static final String NO_HOME = "?";

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Also print the stack trace of an error.")
    private boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and exit.")
    private boolean version;

    private Fern() {}

    /**
     * Runs a command and ends the process with its exit status.
     *
     * @param args the command and its arguments
     */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        // Else JLine, under the progress bar, extracts a library of its own to the shared /tmp.
        System.setProperty("org.jline.terminal.exec.redirectPipeCreationMode", "reflection");
        if (System.getProperty("user.home").equals(NO_HOME)) {
            // Java would make a folder of this name here, for its list of fonts.
            System.setProperty("user.home", "/dev/null");
        }
        System.exit(run(args));
    }

    /** Runs a command and returns its exit status. */
    static int run(String... args) {
        CommandLine commands = commandLine();
        try {
            return commands.execute(args);
        } catch (OutOfMemoryError | LinkageError e) {
            Fern fern = commands.getCommand();
            return fern.report(e, commands.getErr());
        }
    }

    static CommandLine commandLine() {
        Fern fern = new Fern();
        CommandLine commands = new CommandLine(fern);
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setUsageHelpAutoWidth(true);
        commands.setExpandAtFiles(false); // @x.jpg may be the name of an image
        commands.setParameterExceptionHandler(
                (exception, arguments) -> {
                    CommandLine command = exception.getCommandLine();
                    command.getErr().println("fern: " + usageLine(exception, command));
                    return ExitStatus.BAD_INPUT;
                });
        commands.setExecutionExceptionHandler(
                (exception, command, parsed) -> fern.report(exception, command.getErr()));
        return commands;
    }

    /** Returns one line that says what is wrong with the usage and where to read on. */
    private static String usageLine(ParameterException exception, CommandLine command) {
        return usageMessage(exception, command)
                + "; see '"
                + command.getCommandSpec().qualifiedName()
                + " --help'";
    }

    /** Returns picocli's message without its prefix and without a word that it prints twice. */
    private static String usageMessage(ParameterException exception, CommandLine command) {
        if (exception instanceof UnmatchedArgumentException unmatched
                && !command.getSubcommands().isEmpty()
                && !unmatched.isUnknownOption()) {
            return "unknown command '"
                    + oneLine(unmatched.getUnmatched().get(0))
                    + "'; the commands are "
                    + String.join(", ", command.getSubcommands().keySet());
        }
        return oneLine(exception.getMessage())
                .replaceFirst("^Error: ", "")
                .replace("option option", "option")
                .replaceFirst("\\.$", "");
    }

    private int report(Throwable exception, PrintWriter err) {
        if (debug) {
            exception.printStackTrace(err);
        }
        if (exception instanceof InterruptedException) {
            return ExitStatus.INTERRUPTED;
        }
        if (exception instanceof BadInputException
                || exception instanceof NativeCacheException
                || exception instanceof IOException) {
            err.println("fern: " + line(exception));
            return ExitStatus.BAD_INPUT;
        }
        if (exception instanceof OutOfMemoryError) {
            err.println(
                    "fern: out of memory; give Java more, for example with"
                            + " FERN_JAVA_OPTIONS=-Xmx8g");
            return ExitStatus.FAULT;
        }
        err.println(
                "fern: internal fault: "
                        + oneLine(exception.toString())
                        + (debug ? "" : " (run again with --debug to see where)"));
        return ExitStatus.FAULT;
    }

    private static String line(Throwable exception) {
        if (exception instanceof FileSystemException e && e.getReason() == null) {
            // Java's message is only the name of the file; the exception's class says what is
            // wrong.
            String problem = e.getClass().getSimpleName().replace("Exception", "");
            return VisibleText.of(e.getFile())
                    + ": "
                    + problem.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
        }
        return oneLine(String.valueOf(exception.getMessage()));
    }

    private static String oneLine(String message) {
        return VisibleText.of(message.replaceAll("\\s*\\R\\s*", " "));
    }
}
