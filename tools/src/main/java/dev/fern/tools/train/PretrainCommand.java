package dev.fern.tools.train;

import dev.fern.detection.RunStart;
import dev.fern.detection.pretrain.ClassificationDataset;
import dev.fern.detection.pretrain.PretrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.input.LoadingOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Trains a backbone as a classifier of images in folders. Reads the images, writes the run's
 * settings, metrics, checkpoints and models into the output folder, and prints the scores of the
 * best model.
 */
@Command(
        name = "pretrain",
        description =
                "Trains a backbone to classify images, as a start for the detectors of fern"
                        + " train.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives:",
            "  best            model directory with the best score so far",
            "  last            model directory of the last step, also a checkpoint",
            "  checkpoints     older checkpoints",
            "  config.json     every setting of the training",
            "  data.json       what identifies the data",
            "  metrics.jsonl   one line per step and one per evaluation",
            "",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it.",
            "",
            "Example:",
            "  fern pretrain --train-images photos --output runs/classifier",
            "  fern train --backbone-weights runs/classifier/best ..."
        })
public final class PretrainCommand implements Callable<Integer> {

    @Option(
            names = "--train-images",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the training images, with one sub-folder per class.")
    private Path trainImages;

    @Option(
            names = "--val-images",
            paramLabel = "DIR",
            description =
                    "Folder of the validation images, with the same sub-folders. Default: a part"
                            + " of the training images, see --val-fraction.")
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
            description =
                    "Write the scores of the best model as JSON, with the counts of each class.")
    private Path json;

    @Mixin private RunOptions options;

    @Mixin private LoadingOptions loading;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        loading.requireValid();
        if (valImages != null && settings.holdsOut()) {
            throw new BadInputException(
                    "--val-fraction holds out images where there are no --val-images; give only"
                            + " one of the two");
        }
        options.requireValid();
        OutputFile.require(json, List.of());
        RunDirectory run = RunDirectory.open(output);
        RunStart start = options.start();
        PretrainingConfiguration configuration = settings.configuration(start.settings(run));
        start.requireFree(run);
        ClassificationDataset.Split images = images(configuration);
        PrintWriter out = spec.commandLine().getOut();
        return new PretrainingRun(
                        configuration,
                        images.training(),
                        images.validation(),
                        run,
                        loading.loading(),
                        options.logEvery())
                .execute(start, scores -> scores.report(out, json));
    }

    private ClassificationDataset.Split images(PretrainingConfiguration configuration)
            throws IOException, BadInputException {
        ClassificationDataset training = open(trainImages);
        if (training.classes().size() < 2) {
            throw new BadInputException(
                    trainImages
                            + ": has images of one class only, "
                            + training.classes().get(0)
                            + "; a classifier needs at least two");
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
                            + ": its classes are too small to hold out "
                            + configuration.valFraction()
                            + " of each; raise --val-fraction or give --val-images");
        }
        return split;
    }

    private ClassificationDataset open(Path folder) throws IOException, BadInputException {
        return ClassificationDataset.open(
                folder, loading.images().reader(), loading.skipBadImages());
    }
}
