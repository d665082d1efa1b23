package dev.fern.tools;

import dev.fern.backbone.host.EngineBridge;
import dev.fern.tools.benchmark.BenchmarkCommand;
import dev.fern.tools.console.ErrorReport;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.StandardOutput;
import dev.fern.tools.console.VersionProvider;
import dev.fern.tools.dataset.DatasetCommand;
import dev.fern.tools.detect.DetectCommand;
import dev.fern.tools.doctor.DoctorCommand;
import dev.fern.tools.evaluate.CompareCommand;
import dev.fern.tools.evaluate.EvaluateCommand;
import dev.fern.tools.export.ExportCommand;
import dev.fern.tools.run.ReportCommand;
import dev.fern.tools.serve.ServeCommand;
import dev.fern.tools.sweep.SweepCommand;
import dev.fern.tools.train.PretrainCommand;
import dev.fern.tools.train.TrainCommand;
import dev.fern.tools.verify.VerifyCommand;
import dev.fern.tools.weights.ImportCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The entry point of the command line. It hands over to a command and turns what that throws into
 * one line on standard error and an exit status.
 */
@OptionSection(Section.GENERAL)
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
            ServeCommand.class,
            VerifyCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            DatasetCommand.class,
            BenchmarkCommand.class,
            DoctorCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "'fern help COMMAND' explains a command and all of its options.",
            "Exit status: 0 done, 1 a fault of the network, the machine or Fern, 2 bad usage or bad"
                    + " input, 130 interrupted.",
            "Start with: fern demo"
        })
public final class Fern {

    /** What Java takes for the home of a user without an entry in the system's list. */
    private static final String NO_HOME = "?";

    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description =
                    "Print results and errors only: no progress, no notes, no warnings. Default:"
                            + " print them on standard error.")
    private boolean isQuiet;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description =
                    "Also say on standard error what was decided: versions, engine, devices,"
                            + " threads, precision, data, settings, time and memory.")
    private boolean isVerbose;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            scope = ScopeType.INHERIT,
            defaultValue = "auto",
            description =
                    "Colours in helps and errors: always, never, or auto, which is on a terminal"
                            + " where NO_COLOR is not set. Default: ${DEFAULT-VALUE}.")
    private CommandExecution.Color color = CommandExecution.Color.AUTO;

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
        if (System.getProperty(LOG_FORMAT) == null) {
            // Warnings of the libraries: one line, and a stack trace where there is one.
            System.setProperty(LOG_FORMAT, "fern: %5$s%6$s%n");
        }
        System.setProperty(EngineBridge.QUIET_START, "true");
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
            return fern.report(e);
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
        // Else '--output --epocs 3' writes to a folder named --epocs.
        commands.setUnmatchedOptionsAllowedAsOptionParameters(false);
        CommandHelp.install(commands);
        commands.setExecutionStrategy(
                parsed ->
                        new CommandExecution(fern.isQuiet, fern.isVerbose, fern.color)
                                .execute(parsed));
        commands.setParameterExceptionHandler(
                (exception, arguments) -> {
                    errors().println("fern: " + UsageProblem.of(exception, arguments));
                    return ExitStatus.BAD_INPUT;
                });
        commands.setExecutionExceptionHandler(
                (exception, command, parsed) -> fern.report(exception));
        return commands;
    }

    private static PrintWriter errors() {
        return new PrintWriter(Messages.errors(), true);
    }

    private int report(Throwable exception) {
        PrintWriter err = errors();
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
