package dev.fern.tools;

import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingConfiguration;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fern train}. */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives config.json (every setting), metrics.jsonl (a line a step and"
                    + " an evaluation), the curves loss.png and ap.png, and the model directories"
                    + " last and best.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it."
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
        TrainingConfiguration configuration = settings.configuration();
        RunDirectory run = TrainingOutput.open(output, resume, configuration.toJson());
        LabelledImages train =
                LabelledImages.open(trainAnnotations, trainImages, skipBadImages, limitTrain);
        LabelledImages val =
                LabelledImages.open(valAnnotations, valImages, skipBadImages, limitVal);
        LoaderOptions loading =
                new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages);
        int status =
                new TrainingRun(configuration, train, val, run, loading, logEvery).execute(resume);
        if (status == 0) {
            System.out.println("best model: " + run.best());
        }
        return status;
    }

    private static void requireNotNegative(String option, int value) throws BadInputException {
        if (value < 0) {
            throw new BadInputException(option + " must be at least 0, not " + value);
        }
    }
}
