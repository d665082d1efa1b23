package dev.fern.tools;

import dev.fern.backbone.host.EngineBridge;
import dev.fern.tools.benchmark.BenchmarkCommand;
import dev.fern.tools.console.ErrorReport;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.StandardOutput;
import dev.fern.tools.console.VersionProvider;
import dev.fern.tools.dataset.DatasetCommand;
import dev.fern.tools.detect.DetectCommand;
import dev.fern.tools.doctor.DoctorCommand;
import dev.fern.tools.evaluate.CompareCommand;
import dev.fern.tools.evaluate.EvaluateCommand;
import dev.fern.tools.export.ExportCommand;
import dev.fern.tools.run.ReportCommand;
import dev.fern.tools.sweep.SweepCommand;
import dev.fern.tools.train.PretrainCommand;
import dev.fern.tools.train.TrainCommand;
import dev.fern.tools.verify.VerifyCommand;
import dev.fern.tools.weights.ImportCommand;
import java.io.PrintWriter;
import java.util.List;
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
            ExportCommand.class,
            DatasetCommand.class,
            BenchmarkCommand.class,
            DoctorCommand.class
        },
        footer = {
            "",
            "'fern COMMAND --help' explains a command and all of its options.",
            "Exit status: 0 done, 1 a fault of the network, the machine or Fern, 2 bad usage or bad"
                    + " input, 130 interrupted.",
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
        System.setProperty(EngineBridge.QUIET_START, "true");
        // Else JLine, under the progress bar, extracts a library of its own to the shared /tmp.
        System.setProperty("org.jline.terminal.exec.redirectPipeCreationMode", "reflection");
        if (System.getProperty("user.home").equals(NO_HOME)) {
            // Java would make a folder of this name here, for its list of fonts.
            System.setProperty("user.home", "/dev/null");
        }
        int status = run(args);
        if (StandardOutput.isLost()) {
            System.err.println("fern: standard output could not be written; is its disk full?");
            status = status == 0 ? ExitStatus.FAULT : status;
        }
        System.exit(status);
    }

    /** Runs a command and returns its exit status. */
    static int run(String... args) {
        Fern fern = new Fern();
        try {
            return commandLine(fern).execute(args);
        } catch (OutOfMemoryError | LinkageError e) {
            return fern.report(e, new PrintWriter(System.err, true));
        }
    }

    static CommandLine commandLine() {
        return commandLine(new Fern());
    }

    private static CommandLine commandLine(Fern fern) {
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
                && unmatched.isUnknownOption()) {
            List<String> options =
                    unmatched.getUnmatched().stream()
                            .filter(word -> word.startsWith("-")) // not the options' values
                            .distinct()
                            .toList();
            return (options.size() == 1 ? "Unknown option: '" : "Unknown options: '")
                    + ErrorReport.inOneLine(String.join("', '", options))
                    + "'";
        }
        if (exception instanceof UnmatchedArgumentException unmatched
                && !command.getSubcommands().isEmpty()) {
            return "unknown command '"
                    + ErrorReport.inOneLine(unmatched.getUnmatched().get(0))
                    + "'; the commands are "
                    + String.join(", ", command.getSubcommands().keySet());
        }
        return ErrorReport.inOneLine(exception.getMessage())
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
        ErrorReport report = ErrorReport.of(exception, debug);
        err.println("fern: " + report.message());
        return report.status();
    }
}
