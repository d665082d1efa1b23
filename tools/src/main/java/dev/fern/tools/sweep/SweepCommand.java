package dev.fern.tools.sweep;

import dev.fern.backbone.host.EngineThreads;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.Platform;
import dev.fern.tools.console.ShellWords;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.sweep.Scaling.Length;
import dev.fern.tools.sweep.Scaling.RateRule;
import dev.fern.tools.sweep.SweepPlan.Standing;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.MeansTable;
import dev.fern.tools.sweep.result.ResultsReader;
import dev.fern.tools.sweep.result.SweepResults;
import dev.fern.tools.train.TrainingData;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern sweep}: trains under every combination of norms, batch sizes and seeds.
 *
 * <p>Long because its help tells all that a sweep does.
 */
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
                    + " warm-up and the reach of emaDecay stay as long in images. With --equal steps, all"
                    + " take the same number of steps instead. Cells of one seed"
                    + " see the same images in the same order, augmented alike, and start from the"
                    + " same convolutions, whatever the norm.",
            "",
            "Of several --rates, each norm at each batch size gets its best, chosen by AP on a part of"
                    + " the validation images (--tune-fraction); all figures are of the others. While"
                    + " the best rate is the smallest or largest, the next one beyond it is tried too"
                    + " (--widen). Of equal rates the one nearest to the rule wins, then the smaller."
                    + " A rate at which a training diverges loses to all others.",
            "",
            "Each cell is a run of fern train in a process of its own, in the folder"
                    + " OUTPUT/cells/NORM-bSIZE-sSEED (and -rRATE where it is not 1). The report is"
                    + " about the model of the last epoch, not the best one. A cell that is done is not"
                    + " trained again. A training whose loss is not finite, or rises (--diverged), is"
                    + " recorded as diverged; where one fails, the report gives the reason. The others"
                    + " go on. Ctrl-C writes checkpoints, and the same command goes on from them;"
                    + " norms, batch sizes, seeds and rates may be added then. Cells that were trained"
                    + " elsewhere with the same data and settings may be copied into OUTPUT/cells.",
            "",
            "Differences to the first norm come with confidence intervals from a paired bootstrap"
                    + " (see fern compare) over images and seeds."
        },
        footer = {
            "",
            "The output folder receives results.csv, results.json, report.html, which needs no other"
                    + " file, and report.md with its plots. --results makes the same from a"
                    + " results.json alone, without photographs.",
            "",
            "Examples:",
            "  fern sweep --norms frn,bn,gn8 --batch-sizes 1,2,4,8 --seeds 1,2,3 \\",
            "             --train-annotations train.json --train-images train \\",
            "             --val-annotations val.json --val-images val \\",
            "             --config configs/bccd-sweep.json --output sweeps/first",
            "  fern sweep --norms frn,bn --batch-sizes 1,8 --seeds 1,2,3 --rates 0.5,1,2 --halving \\",
            "             --data data.json --config configs/bccd-sweep.json --output sweeps/rates",
            "  fern sweep --results sweeps/rates/results.json --output report"
        })
public final class SweepCommand implements Callable<Integer> {

    private static final int MOST_PROCESSES = 256;

    /** The options that concern one call alone. */
    private static final List<String> PASSING = List.of("--report-only", "--retry-failed");

    @ArgGroup(multiplicity = "1")
    private Subject subject;

    /** Either a grid to train or the results of one that was trained. */
    static final class Subject {
        @ArgGroup(exclusive = false)
        private GridOptions grid;

        @Option(
                names = "--results",
                required = true,
                paramLabel = "FILE",
                description =
                        "Train nothing and read no sweep's folder: write the report of this"
                                + " results.json into --output.")
        private Path results;
    }

    /** What is trained. */
    static final class GridOptions {
        @Option(
                names = "--norms",
                required = true,
                split = ",",
                paramLabel = "NAME",
                description =
                        "Normalisers, by the names that fern train --norm takes. The others are"
                                + " compared with the first.")
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
    }

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

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--equal",
            paramLabel = "NAME",
            defaultValue = "images",
            description =
                    "What all cells have as many of: ${COMPLETION-CANDIDATES}. Default:"
                            + " ${DEFAULT-VALUE}.")
    private Length equal;

    @Mixin private TuningOptions tuningOptions;

    @OptionSection(Section.RUN)
    @Option(
            names = "--diverged",
            paramLabel = "X",
            defaultValue = "4",
            description =
                    "Give a training up whose mean loss over 100 images is more than X times that over"
                            + " its first 100; 0 never does. Default: ${DEFAULT-VALUE}.")
    private double diverged;

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
        if (subject.results != null) {
            return writeReport(subject.results);
        }
        requireUsable();
        Grid grid;
        PairedBootstrap bootstrap;
        try {
            grid =
                    new Grid(
                            subject.grid.norms,
                            subject.grid.batchSizes,
                            subject.grid.seeds,
                            tuningOptions.rates());
            bootstrap = new PairedBootstrap(resamples, 1, 0.95);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        Optional<Tuning> tuning = tuningOptions.tuning(grid);
        SweepSettings sweep = settings(grid, tuning);
        LabelledImages val =
                data.val()
                        .orElseThrow(
                                () ->
                                        new BadInputException(
                                                "a sweep compares AP on validation images, and none"
                                                        + " are named"));
        DataIdentity identity = DataIdentity.of(data.train().images(), Optional.of(val.images()));
        ValidationParts parts = ValidationParts.of(val, tuning);
        SweepFolder folder = new SweepFolder(output);
        if (folder.isBegun()) {
            sweep.requireSameAs(folder.settings());
        } else if (reportOnly) {
            throw new BadInputException(output + ": no sweep was begun here");
        }
        Optional<Path> trials = tuningOptions.trials(tuning);
        SweepPlan plan =
                new SweepPlan(
                        grid,
                        tuning,
                        folder,
                        parts,
                        trials.isPresent()
                                ? KnownTrials.read(trials.get(), sweep, parts)
                                : KnownTrials.NONE);
        try (RunLock lock = folder.lock()) {
            for (Cell cell : plan.standing().cells()) {
                folder.cell(cell).requireSame(identity, sweep.scaling().configuration(cell));
            }
            sweep.write(folder.settings());
            SweepOutput written =
                    new SweepOutput(
                            typed(),
                            plan,
                            lock,
                            sweep,
                            CellCommands.of(spec, "data", "settings"),
                            threads());
            if (!reportOnly && !train(plan, lock, sweep.scaling(), written)) {
                return ExitStatus.INTERRUPTED;
            }
            SweepResults results =
                    written.writeAll(
                            bootstrap,
                            noPictures ? Optional.empty() : Optional.of(val.files().images()));
            print(results, folder);
            return status(results);
        }
    }

    private int writeReport(Path file) throws IOException, BadInputException {
        SweepResults results = ResultsReader.read(file);
        SweepFolder folder = new SweepFolder(RunDirectory.create(output).path());
        if (folder.isBegun()) {
            throw new BadInputException(
                    output + ": is the folder of a sweep; choose another --output");
        }
        new ResultFiles(folder).writeAll(results, Optional.empty());
        print(results, folder);
        return 0;
    }

    private void print(SweepResults results, SweepFolder folder) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(new MeansTable(results).text());
        out.println("report: " + folder.report());
        out.flush();
    }

    /** Returns how many cores each cell has for itself. */
    private int threads() {
        return EngineThreads.share(processes);
    }

    /**
     * Returns the exit status: a failed cell is a result among others, but only failures are a
     * fault.
     */
    private int status(SweepResults results) {
        List<CellResult> failed = results.withoutNumbers();
        if (failed.size() < results.cells().size()) {
            return 0;
        }
        Messages.errors()
                .println(
                        "fern: every cell failed or diverged, the first: "
                                + failed.get(0).outcome().map(CellOutcome::reason).orElse(""));
        return ExitStatus.FAULT;
    }

    private void requireUsable() throws BadInputException {
        data.requireValid();
        if (processes < 1 || processes > MOST_PROCESSES) {
            throw new BadInputException(
                    "--processes must be 1 to " + MOST_PROCESSES + ", not " + processes);
        }
        if (diverged != 0 && !(diverged > 1)) {
            throw new BadInputException("--diverged must be above 1, or 0, not " + diverged);
        }
    }

    private SweepSettings settings(Grid grid, Optional<Tuning> tuning)
            throws IOException, BadInputException {
        TrainingConfiguration base = settings.configuration(grid.norms().get(0));
        try {
            Engines.require(base.machine().engine());
            Scaling scaling = new Scaling(base, rule, equal);
            for (String norm : grid.norms()) {
                for (int batchSize : grid.batchSizes()) {
                    scaling.configuration(new Cell(norm, batchSize, 1, 1));
                }
            }
            return new SweepSettings(
                    data.toJson(), scaling, tuning.map(how -> how.toJson(grid.rates())));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private boolean train(SweepPlan plan, RunLock lock, Scaling scaling, SweepOutput output)
            throws IOException, InterruptedException {
        if (retryFailed) {
            for (Cell cell : plan.standing().cells()) {
                CellFolder of = plan.folder().cell(cell);
                if (of.outcome().map(o -> o.status() == Status.FAILED).orElse(false)) {
                    of.forgetOutcome();
                }
            }
        }
        Standing standing = plan.standing();
        int left = standing.needed().size() + standing.later();
        int ended = 0;
        for (Cell cell : standing.cells()) {
            ended += plan.folder().cell(cell).outcome().isPresent() ? 1 : 0;
        }
        System.err.printf(
                "sweep of %d cells, %d left to train, %d at a time%n",
                ended + left, left, processes);
        if (left == 0) {
            return true;
        }
        SweepProgress progress = new SweepProgress(System.err, ended, processes);
        SweepRunner runner =
                new SweepRunner(
                        plan,
                        lock,
                        scaling,
                        data.arguments(),
                        Environment.here(
                                scaling.base().machine().engine(), Platform.processor(), threads()),
                        new Divergence(diverged),
                        (training, now) -> {
                            progress.ended(training, now);
                            output.writeTables();
                        });
        OnInterrupt interrupt = new OnInterrupt(runner::stop);
        try {
            boolean finished = runner.run(processes);
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
