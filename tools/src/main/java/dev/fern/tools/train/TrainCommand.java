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
                    + " and for TensorBoard (events.out.tfevents.*), detections.json (what the"
                    + " newest evaluation found in the validation images, as fern compare takes it),"
                    + " the curves loss.png and ap.png,"
                    + " the model directories last and best, and older checkpoints in the folder"
                    + " checkpoints. 'fern report' makes a page of it.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it as if it had"
                    + " not been interrupted. After a crash it goes on from the last checkpoint that"
                    + " is whole. Settings that are not given again are those of the run; those that"
                    + " change the result, and data, must be the same (--force goes on regardless)."
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
