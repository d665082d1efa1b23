package dev.fern.tools;

import dev.fern.backbone.host.EngineBridge;
import dev.fern.tools.benchmark.BenchmarkCommand;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.StandardOutput;
import dev.fern.tools.dataset.DatasetCommand;
import dev.fern.tools.detect.DetectCommand;
import dev.fern.tools.doctor.DoctorCommand;
import dev.fern.tools.evaluate.CompareCommand;
import dev.fern.tools.evaluate.EvaluateCommand;
import dev.fern.tools.explore.ExploreCommand;
import dev.fern.tools.export.ExportCommand;
import dev.fern.tools.run.ReportCommand;
import dev.fern.tools.serve.ServeCommand;
import dev.fern.tools.spark.SparkCommand;
import dev.fern.tools.sweep.SweepCommand;
import dev.fern.tools.train.PretrainCommand;
import dev.fern.tools.train.TrainCommand;
import dev.fern.tools.verify.VerifyCommand;
import dev.fern.tools.weights.ImportCommand;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The entry point of the command line. It hands over to a command and turns what that throws into
 * one line on standard error and an exit status.
 */
@Command(
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            ReportCommand.class,
            PretrainCommand.class,
            EvaluateCommand.class,
            CompareCommand.class,
            ExploreCommand.class,
            SweepCommand.class,
            DetectCommand.class,
            ServeCommand.class,
            SparkCommand.class,
            VerifyCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            DatasetCommand.class,
            BenchmarkCommand.class,
            DoctorCommand.class,
            HelpCommand.class
        })
public final class Fern extends FernOptions {

    /** What Java takes for the home of a user without an entry in the system's list. */
    private static final String NO_HOME = "?";

    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

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
        FernOptions fern = new FernOptions();
        try {
            Optional<Class<?>> only = named(args);
            if (only.isEmpty()) {
                fern = new Fern();
            }
            return fern.commandLine(only).execute(args);
        } catch (OutOfMemoryError | LinkageError e) {
            return fern.report(e);
        }
    }

    /**
     * Returns the command that the first word names. To set up this one alone takes a tenth of a
     * second less than all of them; help and a word that is no command need them all.
     */
    private static Optional<Class<?>> named(String... args) {
        String first =
                Arrays.stream(args).filter(word -> !word.startsWith("-")).findFirst().orElse("");
        return Stream.of(Fern.class.getAnnotation(Command.class).subcommands())
                .filter(command -> command != HelpCommand.class)
                .filter(command -> command.getAnnotation(Command.class).name().equals(first))
                .findFirst();
    }

    /** {@return all commands} */
    static CommandLine allCommands() {
        return new Fern().commandLine(Optional.empty());
    }
}
