package dev.fern.tools;

import dev.fern.detection.data.ClassificationDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.train.PretrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.TrainingRun.Start;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fern pretrain}. */
@Command(
        name = "pretrain",
        description =
                "Trains a backbone as a classifier of images in folders, a sub-folder a class, for"
                        + " fern train --backbone-weights to start from.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives config.json (every setting), metrics.jsonl (a line a step and"
                    + " an evaluation), and the model directories last and best.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it.",
            "",
            "Example:",
            "  fern pretrain --train-images photos --output runs/classifier",
            "  fern train --backbone-weights runs/classifier/best ..."
        })
final class PretrainCommand implements Callable<Integer> {

    private static final int MAX_LOADER_THREADS = 256;

    @Option(
            names = "--train-images",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the training images, with a sub-folder for each class.")
    private Path trainImages;

    @Option(
            names = "--val-images",
            paramLabel = "DIR",
            description = "Folder of the validation images, with the same sub-folders.")
    private Path valImages;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @Mixin private PretrainingSettings settings;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the best model's scores, with the counts of each class.")
    private Path json;

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
        if (loaderThreads < 1 || loaderThreads > MAX_LOADER_THREADS) {
            throw new BadInputException(
                    "--loader-threads must be 1 to "
                            + MAX_LOADER_THREADS
                            + ", not "
                            + loaderThreads);
        }
        if (logEvery < 0) {
            throw new BadInputException("--log-every must be at least 0, not " + logEvery);
        }
        if (valImages != null && settings.holdsOut()) {
            throw new BadInputException(
                    "--val-fraction holds images out where there are no --val-images; give one of"
                            + " the two");
        }
        if (force && !resume) {
            throw new BadInputException("--force goes with --resume");
        }
        OutputFile.require(json, List.of());
        RunDirectory run = RunDirectory.open(output);
        PretrainingConfiguration configuration =
                settings.configuration(
                        resume ? TrainingOutput.settings(run, force) : Optional.empty());
        if (!resume) {
            TrainingOutput.requireUnused(run);
        }
        ClassificationDataset.Split images = images(configuration);
        PrintWriter out = spec.commandLine().getOut();
        return new PretrainingRun(
                        configuration,
                        images.training(),
                        images.validation(),
                        run,
                        new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages),
                        logEvery)
                .execute(
                        force ? Start.FORCED : resume ? Start.RESUMED : Start.FRESH,
                        scores -> scores.report(out, json));
    }

    private ClassificationDataset.Split images(PretrainingConfiguration configuration)
            throws IOException, BadInputException {
        ClassificationDataset training = open(trainImages);
        if (training.classes().size() < 2) {
            throw new BadInputException(
                    trainImages
                            + ": has images of one class only, "
                            + training.classes().get(0)
                            + "; a classifier needs two");
        }
        if (valImages != null) {
            return new ClassificationDataset.Split(
                    training, open(valImages).labelledAs(training.classes()));
        }
        ClassificationDataset.Split split =
                training.split(configuration.valFraction(), configuration.seed());
        if (split.validation().samples().isEmpty()) {
            throw new BadInputException(
                    trainImages
                            + ": its classes are too small to hold "
                            + configuration.valFraction()
                            + " of each out; raise --val-fraction or give --val-images");
        }
        return split;
    }

    private ClassificationDataset open(Path folder) throws IOException {
        return ClassificationDataset.open(folder, ImageReader.forDataSets(), skipBadImages);
    }
}
