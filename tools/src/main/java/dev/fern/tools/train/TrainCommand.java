package dev.fern.tools.train;

import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.VisibleText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Trains a detector. Reads COCO annotations and images; writes the run's settings, metrics, curves,
 * checkpoints and models into the output folder, and prints where the best model is.
 */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives:",
            "  best                    model directory with the best score so far",
            "  last                    model directory of the last step, also a checkpoint",
            "  checkpoints             older checkpoints",
            "  config.json             every setting of the training",
            "  run.json                commands, versions and data files",
            "  data.json               what identifies the data",
            "  metrics.jsonl           one line per step and one per evaluation",
            "  metrics.csv             the steps as a table",
            "  evaluations.csv         the evaluations as a table",
            "  events.out.tfevents.*   steps and evaluations for TensorBoard",
            "  loss.png, ap.png        curves",
            "  detections.json         what the newest evaluation found in the validation",
            "                          images, as fern compare takes it",
            "'fern report' makes an HTML page of them.",
            "",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it as if it had"
                    + " not been interrupted. After a crash, it goes on from the last checkpoint that"
                    + " is whole. Settings that are not given again are those of the run. Data, and"
                    + " settings that change the result, must be the same; --force goes on"
                    + " regardless.",
            "",
            "Example:",
            "  fern train --train-annotations train.json --train-images train \\",
            "             --val-annotations val.json --val-images val \\",
            "             --config configs/laptop.json --output runs/first"
        })
public final class TrainCommand implements Callable<Integer> {

    @Mixin private TrainingData data;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @Mixin private TrainingSettings settings;

    @Mixin private RunOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        data.requireValid();
        options.requireValid();
        RunDirectory run = RunDirectory.open(output);
        TrainingConfiguration configuration = settings.configuration(options.settings(run));
        options.requireFree(run);
        LabelledImages train = data.train();
        LabelledImages val = data.val();
        RunStart start = options.start();
        if (start == RunStart.FRESH && settings.isBatchSizeAutomatic()) {
            configuration =
                    configuration.withBatchSize(
                            AutomaticBatchSize.of(
                                    configuration, train.images(), System.err::println));
        }
        int status =
                new TrainingRun(configuration, train, val, run, data.loading(), options.logEvery())
                        .execute(start, spec.root().commandLine().getParseResult().originalArgs());
        if (status == 0) {
            if (Files.isDirectory(run.best())) {
                System.out.println("best model: " + run.best());
            } else {
                System.err.println(
                        "warning: "
                                + VisibleText.of(run.best())
                                + " is lost; the newest model is "
                                + VisibleText.of(run.last()));
            }
            System.err.println("look at the run: fern report " + VisibleText.of(output));
        }
        return status;
    }
}
