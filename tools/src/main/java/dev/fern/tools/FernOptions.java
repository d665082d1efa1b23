package dev.fern.tools;

import dev.fern.tools.console.ErrorReport;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.VersionProvider;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that all commands have, and how Fern reports errors. */
@OptionSection(Section.GENERAL)
@Command(
        name = "fern",
        description =
                "Trains, evaluates and runs object detectors whose result for an image never"
                        + " depends on the images that share its batch.",
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "'fern help COMMAND' explains a command and all of its options.",
            "Exit status: 0 done, 1 a fault of the network, the machine or Fern, 2 bad usage or bad"
                    + " input, 130 interrupted.",
            "Start with: fern demo"
        })
class FernOptions {

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

    /**
     * Sets up the commands below this one.
     *
     * @param only a command that is set up beside those of the class; empty for none
     */
    final CommandLine commandLine(Optional<Class<?>> only) {
        CommandLine commands = new CommandLine(this);
        only.ifPresent(commands::addSubcommand);
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setUsageHelpAutoWidth(true);
        commands.setExpandAtFiles(false); // @x.jpg may be the name of an image
        // Else '--output --epocs 3' writes to a folder named --epocs.
        commands.setUnmatchedOptionsAllowedAsOptionParameters(false);
        CommandHelp.install(commands);
        commands.setExecutionStrategy(
                parsed -> new CommandExecution(isQuiet, isVerbose, color).execute(parsed));
        commands.setParameterExceptionHandler(
                (exception, arguments) -> {
                    errors().println("fern: " + UsageProblem.of(exception, arguments));
                    return ExitStatus.BAD_INPUT;
                });
        commands.setExecutionExceptionHandler((exception, command, parsed) -> report(exception));
        return commands;
    }

    private static PrintWriter errors() {
        return new PrintWriter(Messages.errors(), true);
    }

    final int report(Throwable exception) {
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
