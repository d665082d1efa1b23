package dev.fern.tools.dataset;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset}: holds the commands that check, describe, convert, edit and make data sets.
 */
@Command(
        name = "dataset",
        description = "Checks, describes, converts, divides, joins and makes data sets.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "'fern dataset COMMAND --help' explains a command and all of its options."},
        subcommands = {
            CheckCommand.class,
            StatsCommand.class,
            ConvertCommand.class,
            SplitCommand.class,
            MergeCommand.class,
            FilterCommand.class,
            RemapCommand.class,
            SynthesizeCommand.class
        })
public final class DatasetCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Missing command: check, stats, convert, split, merge, filter, remap or synthesize");
    }
}
