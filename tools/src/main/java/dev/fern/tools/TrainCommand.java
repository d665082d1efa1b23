package dev.fern.tools;

import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.tools.TrainingRun.Start;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fern train}. */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives config.json (every setting), run.json (command, versions, data"
                    + " files), data.json (what tells the data from others), metrics.jsonl (a line a"
                    + " step and an evaluation), the same as tables (metrics.csv, evaluations.csv)"
                    + " and for TensorBoard (events.out.tfevents.*), the curves loss.png and ap.png,"
                    + " the model directories last and best, and older checkpoints in the folder"
                    + " checkpoints. 'fern report' makes a page of it.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it as if it had"
                    + " not been interrupted. After a crash it goes on from the last checkpoint that"
                    + " is whole. Settings that are not given again are those of the run; those that"
                    + " change the result, and data, must be the same (--force goes on regardless)."
        })
final class TrainCommand implements Callable<Integer> {

    private static final int MAX_LOADER_THREADS = 256;

    @Option(
            names = "--train-annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file of the training images.")
    private Path trainAnnotations;

    @Option(
            names = "--train-images",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the training images.")
    private Path trainImages;

    @Option(
            names = "--val-annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file of the validation images.")
    private Path valAnnotations;

    @Option(
            names = "--val-images",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the validation images.")
    private Path valImages;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @Mixin private TrainingSettings settings;

    @Option(
            names = "--resume",
            description = "Go on from the last checkpoint in the output folder.")
    private boolean resume;

    @Option(
            names = "--force",
            description = "With --resume: even if settings or data are not those of the run.")
    private boolean force;

    @Option(
            names = "--skip-bad-images",
            description = "Leave out images that can't be used, and count them.")
    private boolean skipBadImages;

    @Option(
            names = "--limit-train",
            paramLabel = "N",
            description = "Train on the first N images only.")
    private int limitTrain;

    @Option(
            names = "--limit-val",
            paramLabel = "N",
            description = "Evaluate on the first N images only.")
    private int limitVal;

    @Option(
            names = "--loader-threads",
            paramLabel = "N",
            defaultValue = "2",
            description = "Threads that read images (default: ${DEFAULT-VALUE}).")
    private int loaderThreads;

    @Option(
            names = "--log-every",
            paramLabel = "N",
            description = "Steps from one log line to the next where there is no terminal.")
    private int logEvery;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requireNotNegative("--limit-train", limitTrain);
        requireNotNegative("--limit-val", limitVal);
        if (loaderThreads < 1 || loaderThreads > MAX_LOADER_THREADS) {
            throw new BadInputException(
                    "--loader-threads must be 1 to "
                            + MAX_LOADER_THREADS
                            + ", not "
                            + loaderThreads);
        }
        requireNotNegative("--log-every", logEvery);
        if (force && !resume) {
            throw new BadInputException("--force goes with --resume");
        }
        RunDirectory run = RunDirectory.open(output);
        TrainingConfiguration configuration =
                settings.configuration(resume ? Optional.of(resumable(run)) : Optional.empty());
        if (!resume) {
            requireUnused(run);
        }
        LabelledImages train =
                LabelledImages.open(trainAnnotations, trainImages, skipBadImages, limitTrain);
        LabelledImages val =
                LabelledImages.open(valAnnotations, valImages, skipBadImages, limitVal);
        if (!resume && settings.isBatchSizeAutomatic()) {
            configuration =
                    configuration.withBatchSize(
                            AutomaticBatchSize.of(
                                    configuration, train.images(), System.err::println));
        }
        LoaderOptions loading =
                new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages);
        Start start = force ? Start.FORCED : resume ? Start.RESUMED : Start.FRESH;
        int status =
                new TrainingRun(configuration, train, val, run, loading, logEvery)
                        .execute(start, spec.root().commandLine().getParseResult().originalArgs());
        if (status == 0) {
            System.out.println("best model: " + run.best());
            System.err.println("look at the run: fern report " + VisibleText.of(output));
        }
        return status;
    }

    private static void requireNotNegative(String option, int value) throws BadInputException {
        if (value < 0) {
            throw new BadInputException(option + " must be at least 0, not " + value);
        }
    }

    private void requireUnused(RunDirectory run) throws IOException, BadInputException {
        if (run.hasCheckpoint()) {
            throw new BadInputException(
                    output
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        }
        if (run.holdsOtherFiles()) {
            throw new BadInputException(
                    output
                            + ": holds files that a training would replace (best, last, config.json"
                            + " or metrics.jsonl); choose another --output");
        }
    }

    /** Returns the file of the settings of a run that can be resumed. */
    private static Path resumable(RunDirectory run) throws IOException, BadInputException {
        if (!run.hasCheckpoint()) {
            throw new BadInputException(run.last() + ": no checkpoint to resume from");
        }
        return run.configuration();
    }
}
