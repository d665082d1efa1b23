package dev.fern.tools.spark;

import dev.fern.detection.RunStart;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.spark.SparkDriver;
import dev.fern.spark.SparkTraining;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.format.DataFile;
import dev.fern.tools.train.RunOptions;
import dev.fern.tools.train.TrainingData;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a detector by several workers on Spark. */
@Command(
        name = "train",
        sortOptions = false,
        description = {
            "Trains a detector by several workers on the machines of a Spark cluster.",
            "",
            "Each worker computes its part of every batch, so that the result is that of 'fern"
                    + " train' with the same batch size. Every executor must be able to read the"
                    + " annotations and the images, and to write the output folder, under the names"
                    + " that are given: on one machine any folder, else a shared one."
        },
        footer = {
            "",
            "The logs of the executors tell of every step. Where a worker is lost, the training goes"
                    + " on from its last checkpoint. After Ctrl-C, which leaves no new checkpoint, the same"
                    + " command with --resume goes on from the last one, with any number of workers.",
            "",
            "Example:",
            "  fern spark train --master spark://host:7077 --workers 8 --data /shared/data.json \\",
            "                   --batch-size 16 --output /shared/runs/first"
        })
public final class SparkTrainCommand implements Callable<Integer> {

    private static final int MOST_WORKERS = 1024;

    @WithoutOptions("--orientation")
    @Mixin
    private TrainingData data;

    @OptionSection(Section.RUN)
    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @WithoutOptions("--libtorch")
    @Mixin
    private TrainingSettings settings;

    @WithoutOptions("--log-every")
    @Mixin
    private RunOptions options;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "2",
            description =
                    "Number of tasks that share every batch; the cluster must have room for all of"
                            + " them at the same time. Default: ${DEFAULT-VALUE}.")
    private int workers;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--max-restarts",
            paramLabel = "N",
            defaultValue = "10",
            description =
                    "How often the training goes on from its last checkpoint after it has lost a"
                            + " worker. Default: ${DEFAULT-VALUE}.")
    private int mostRestarts;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--allow-batch-dependence",
            description =
                    "Train networks too whose norm mixes the images of a batch, such as bn; each"
                            + " worker then mixes those of its own part alone.")
    private boolean allowsBatchDependence;

    @Mixin private SparkOptions spark;

    @Override
    public Integer call() throws Exception {
        data.requireValid();
        options.requireValid();
        if (workers < 1 || workers > MOST_WORKERS) {
            throw new BadInputException(
                    "--workers must be 1 to " + MOST_WORKERS + ", not " + workers);
        }
        if (mostRestarts < 0) {
            throw new BadInputException("--max-restarts must be at least 0, not " + mostRestarts);
        }
        if (settings.isBatchSizeAutomatic()) {
            throw new BadInputException("only fern train takes --batch-size auto; give a number");
        }
        return spark.run(this::train);
    }

    private int train(SparkDriver driver) throws IOException, BadInputException {
        RunDirectory run = RunDirectory.open(output);
        RunStart start = options.start();
        TrainingConfiguration configuration = settings.configuration(start.settings(run));
        DataFile named = data.named();
        Optional<SparkTraining.Images> validation =
                named.val().isPresent()
                        ? Optional.of(images(named.val().get(), data.limitVal()))
                        : Optional.empty();
        SparkTraining training =
                new SparkTraining(
                        configuration,
                        images(named.train(), data.limitTrain()),
                        validation,
                        output,
                        data.loading(),
                        workers,
                        allowsBatchDependence,
                        mostRestarts);
        SparkTraining.End end =
                driver.train(training, start, line -> System.err.println(VisibleText.of(line)));
        System.out.println(
                (validation.isPresent() ? "best model: " : "model: ")
                        + (validation.isPresent() ? run.best() : run.last()));
        return end == SparkTraining.End.FINISHED ? 0 : ExitStatus.INTERRUPTED;
    }

    private static SparkTraining.Images images(DataFile.Part part, int limit)
            throws BadInputException {
        if (part.converted().isPresent()) {
            throw new BadInputException(
                    part.annotations()
                            + ": executors read COCO annotations; convert these with 'fern dataset"
                            + " convert'");
        }
        return new SparkTraining.Images(part.annotations(), part.images(), limit);
    }
}
