package dev.fern.tools.sweep;

import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.ShellWords;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The command line that trains a cell by itself, to the same bits on a processor of the same kind:
 * the options of the sweep that {@code fern train} takes too, those in which cells differ, and the
 * number of threads.
 *
 * @param shared options that all cells have
 */
record CellCommands(List<String> shared) {

    /** Options that every cell has of its own. */
    private static final Set<String> OWN =
            Set.of("--batch-size", "--lr", "--warmup-steps", "--steps", "--ema-decay");

    /**
     * Takes the options of a sweep's command line.
     *
     * @param sweep its specification, with what was parsed
     * @param mixins names of those of its mixins that {@code fern train} has too
     */
    static CellCommands of(CommandSpec sweep, String... mixins) {
        List<String> shared = new ArrayList<>();
        for (OptionSpec option :
                new LinkedHashSet<>(sweep.commandLine().getParseResult().matchedOptions())) {
            String name = option.longestName();
            boolean taken = false;
            for (String mixin : mixins) {
                taken |= sweep.mixins().get(mixin).findOption(name) != null;
            }
            if (!taken || OWN.contains(name)) {
                continue;
            }
            if (option.arity().max() == 0) {
                shared.add(name);
            }
            for (String value : option.originalStringValues()) {
                shared.add(name + "=" + value);
            }
        }
        return new CellCommands(List.copyOf(shared));
    }

    /**
     * Returns the arguments of {@code fern} that train a cell.
     *
     * @param settings the cell's
     */
    private List<String> arguments(Cell cell, TrainingConfiguration settings) {
        List<String> arguments = new ArrayList<>(List.of("train"));
        arguments.addAll(shared);
        arguments.add("--norm=" + cell.norm());
        arguments.add("--batch-size=" + cell.batchSize());
        arguments.add("--seed=" + cell.seed());
        arguments.add("--lr=" + settings.optimization().learningRate());
        arguments.add("--warmup-steps=" + settings.optimization().warmupSteps());
        if (settings.loop().steps() > 0) {
            arguments.add("--steps=" + settings.loop().steps());
        }
        if (settings.loop().emaDecay() > 0) {
            arguments.add("--ema-decay=" + settings.loop().emaDecay());
        }
        arguments.add("--output=runs/" + cell.name());
        return arguments;
    }

    /**
     * Returns a line for a shell.
     *
     * @param settings the cell's
     * @param threads how many cores the cell had for itself: sums over threads depend on their
     *     number
     */
    String line(Cell cell, TrainingConfiguration settings, int threads) {
        return String.format(
                "OMP_NUM_THREADS=%d FERN_JAVA_OPTIONS=-XX:ActiveProcessorCount=%d fern %s",
                threads, threads, ShellWords.of(arguments(cell, settings)));
    }
}
