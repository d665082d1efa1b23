package dev.fern.tools.sweep;

import dev.fern.backbone.host.EngineThreads;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunLock;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.ShellWords;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.sweep.CellOutcome.Environment;
import dev.fern.tools.sweep.Grid.Cell;
import dev.fern.tools.sweep.Scaling.RateRule;
import dev.fern.tools.train.TrainingData;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fern sweep}: trains under every combination of norms, batch sizes and seeds. */
@Command(
        name = "sweep",
        sortOptions = false,
        description = {
            "Trains a detector under every combination of norms, batch sizes and seeds, and reports"
                    + " how accuracy changes with the batch size.",
            "",
            "Each combination is a cell. All cells see the same number of images (to the nearest step"
                    + " where --steps gives the length). The settings (--config and the options of"
                    + " fern train) are for one batch size, that of --batch-size or of the"
                    + " configuration. From there, --rate-rule scales a cell's learning rate; its"
                    + " warm-up and the reach of emaDecay stay as long in images. Cells of one seed"
                    + " see the same images in the same order, augmented alike, and start from the"
                    + " same convolutions, whatever the norm.",
            "",
            "Each cell is a run of fern train in a process of its own, in the folder"
                    + " OUTPUT/cells/NORM-bSIZE-sSEED. The report is about the model of the last"
                    + " epoch, not the best one. A cell that is done is not trained again. If a cell"
                    + " fails, for example because its loss is not finite, the report gives the"
                    + " reason and the others go on. Ctrl-C writes checkpoints, and the same command"
                    + " goes on from them; norms, batch sizes and seeds may be added then.",
            "",
            "Differences to the first norm come with confidence intervals from a paired bootstrap"
                    + " (see fern compare) over images and seeds."
        },
        footer = {
            "",
            "The output folder receives results.csv, results.json, report.html, which needs no other"
                    + " file, and report.md with its plots.",
            "",
            "Example:",
            "  fern sweep --norms frn,bn,gn8 --batch-sizes 1,2,4,8 --seeds 1,2,3 \\",
            "             --train-annotations train.json --train-images train \\",
            "             --val-annotations val.json --val-images val \\",
            "             --config configs/bccd-sweep.json --output sweeps/first"
        })
public final class SweepCommand implements Callable<Integer> {

    private static final int MOST_PROCESSES = 256;

    /** The options that concern one call alone. */
    private static final List<String> PASSING = List.of("--report-only", "--retry-failed");

    @Option(
            names = "--norms",
            required = true,
            split = ",",
            paramLabel = "NAME",
            description =
                    "Normalisers, by the names that fern train --norm takes. The others are compared"
                            + " with the first.")
    private List<String> norms;

    @Option(
            names = "--batch-sizes",
            required = true,
            split = ",",
            paramLabel = "N",
            description = "Batch sizes.")
    private List<Integer> batchSizes;

    @Option(
            names = "--seeds",
            required = true,
            split = ",",
            paramLabel = "N",
            description = "Seeds. Each one trains every norm at every batch size.")
    private List<Long> seeds;

    @Mixin private TrainingData data;

    @OptionSection(Section.RUN)
    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the sweep. It is created if it is missing.")
    private Path output;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--rate-rule",
            paramLabel = "NAME",
            defaultValue = "linear",
            description =
                    "How the learning rate follows the batch size: ${COMPLETION-CANDIDATES}."
                            + " Default: ${DEFAULT-VALUE}.")
    private RateRule rule;

    @WithoutOptions({"--norm", "--seed", "--patience"})
    @Mixin
    private TrainingSettings settings;

    @OptionSection(Section.RUN)
    @Option(
            names = "--processes",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How many cells are trained at a time, each with its share of the cores. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int processes;

    @OptionSection(Section.RUN)
    @Option(
            names = "--retry-failed",
            description = "Train failed cells again, from their last checkpoints.")
    private boolean retryFailed;

    @OptionSection(Section.RUN)
    @Option(
            names = "--report-only",
            description = "Train nothing; write the report of the cells that are done.")
    private boolean reportOnly;

    @OptionSection(Section.OUTPUT)
    @Option(names = "--no-pictures", description = "Leave photographs out of the report.")
    private boolean noPictures;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--resamples",
            paramLabel = "N",
            defaultValue = "1000",
            description = "How many resamples the bootstrap draws. Default: ${DEFAULT-VALUE}.")
    private int resamples;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requireUsable();
        Grid grid;
        PairedBootstrap bootstrap;
        try {
            grid = new Grid(norms, batchSizes, seeds);
            bootstrap = new PairedBootstrap(resamples, 1, 0.95);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        SweepSettings sweep = settings(grid);
        LabelledImages val =
                data.val()
                        .orElseThrow(
                                () ->
                                        new BadInputException(
                                                "a sweep compares AP on validation images, and none"
                                                        + " are named"));
        DataIdentity identity = DataIdentity.of(data.train().images(), Optional.of(val.images()));
        SweepFolder folder = new SweepFolder(output);
        if (folder.isBegun()) {
            sweep.requireSameAs(folder.settings());
        } else if (reportOnly) {
            throw new BadInputException(output + ": no sweep was begun here");
        }
        try (RunLock lock = folder.lock()) {
            for (Cell cell : grid.cells()) {
                folder.cell(cell).requireSameData(identity);
            }
            sweep.write(folder.settings());
            SweepOutput written =
                    new SweepOutput(
                            typed(),
                            grid,
                            folder,
                            lock,
                            sweep,
                            val,
                            bootstrap,
                            noPictures ? Optional.empty() : Optional.of(val.files().images()));
            if (!reportOnly && !train(grid, folder, lock, sweep.scaling(), written)) {
                return ExitStatus.INTERRUPTED;
            }
            SweepResults results = written.read();
            PrintWriter out = spec.commandLine().getOut();
            out.print(written.writeAll(results));
            out.println("report: " + folder.report());
            out.flush();
            return status(results);
        }
    }

    /**
     * Returns the exit status: a failed cell is a result among others, but only failures are a
     * fault.
     */
    private int status(SweepResults results) {
        List<CellResult> failed = results.failed();
        if (failed.size() < results.cells().size()) {
            return 0;
        }
        Messages.errors()
                .println(
                        "fern: every cell failed, the first: "
                                + failed.get(0).outcome().map(CellOutcome::reason).orElse(""));
        return ExitStatus.FAULT;
    }

    private void requireUsable() throws BadInputException {
        data.requireValid();
        if (processes < 1 || processes > MOST_PROCESSES) {
            throw new BadInputException(
                    "--processes must be 1 to " + MOST_PROCESSES + ", not " + processes);
        }
    }

    private SweepSettings settings(Grid grid) throws IOException, BadInputException {
        TrainingConfiguration base = settings.configuration(grid.norms().get(0));
        try {
            Engines.require(base.machine().engine());
            Scaling scaling = new Scaling(base, rule);
            grid.cells().forEach(scaling::configuration);
            return new SweepSettings(data.toJson(), scaling);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private boolean train(
            Grid grid, SweepFolder folder, RunLock lock, Scaling scaling, SweepOutput output)
            throws IOException, InterruptedException {
        List<Cell> left = new ArrayList<>();
        for (Cell cell : grid.cells()) {
            CellFolder of = folder.cell(cell);
            boolean failed = of.outcome().isPresent() && !of.outcome().get().isDone();
            if (failed && retryFailed) {
                of.forgetOutcome();
            }
            if (of.outcome().isEmpty()) {
                left.add(cell);
            }
        }
        int total = grid.cells().size();
        System.err.printf(
                "sweep of %d cells, %d left to train, %d at a time%n",
                total, left.size(), processes);
        if (left.isEmpty()) {
            return true;
        }
        SweepProgress progress =
                new SweepProgress(System.err, total, total - left.size(), processes);
        SweepRunner runner =
                new SweepRunner(
                        folder,
                        lock,
                        scaling,
                        data.arguments(),
                        Environment.here(
                                scaling.base().machine().engine(),
                                Math.max(1, EngineThreads.cores() / processes)),
                        (cell, outcome, history, seconds) -> {
                            progress.ended(cell, outcome, history, seconds);
                            output.writeTables();
                        });
        OnInterrupt interrupt = new OnInterrupt(runner::stop);
        try {
            boolean finished = runner.run(left, processes);
            if (!finished) {
                System.err.println("stopped; the same command goes on");
            }
            return finished;
        } finally {
            interrupt.close();
        }
    }

    /**
     * Returns the command line as a shell takes it, without options that concern this call alone.
     */
    private String typed() {
        return ShellWords.of(
                Stream.concat(
                                Stream.of("fern"),
                                spec.commandLine().getParseResult().originalArgs().stream())
                        .filter(argument -> !PASSING.contains(argument))
                        .toList());
    }
}
