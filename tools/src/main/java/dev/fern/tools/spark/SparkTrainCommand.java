package dev.fern.tools.spark;

import dev.fern.detection.RunCompanion;
import dev.fern.detection.RunStart;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.image.ImageReader;
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
import dev.fern.tools.train.RunFiles;
import dev.fern.tools.train.RunOptions;
import dev.fern.tools.train.TrainingData;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
            "The output folder receives what 'fern train' writes; the logs of the executors tell of"
                    + " every step. Where a worker is lost, the training goes"
                    + " on from its last checkpoint. After Ctrl-C, which leaves no new checkpoint, the same"
                    + " command with --resume goes on from the last one, with any number of workers.",
            "",
            "Example:",
            "  fern spark train --master spark://host:7077 --workers 8 --data /shared/data.json \\",
            "                   --batch-size 16 --output /shared/runs/first"
        })
public final class SparkTrainCommand implements Callable<Integer> {

    private static final int MOST_WORKERS = 1024;

    @Mixin private TrainingData data;

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
            names = "--wait",
            paramLabel = "N",
            defaultValue = "600",
            description =
                    "How many seconds to wait while the cluster has no room for all workers."
                            + " Default: ${DEFAULT-VALUE}.")
    private int wait;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--allow-batch-dependence",
            description =
                    "Train networks too whose norm mixes the images of a batch, such as bn; each"
                            + " worker then mixes those of its own part alone.")
    private boolean allowsBatchDependence;

    @Mixin private SparkOptions spark;

    @Spec private CommandSpec spec;

    /** The files that {@code fern train} adds to a run, on the executor that leads. */
    private record Files(boolean skipBadImages, List<String> arguments)
            implements SparkTraining.Companion {

        @Override
        public RunCompanion.Factory of(
                TrainingConfiguration configuration,
                LabelledImages train,
                Optional<LabelledImages> validation) {
            return lock ->
                    new RunFiles(
                            lock,
                            new RunFiles.Origin(
                                    configuration, train, validation, skipBadImages, arguments));
        }
    }

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
        if (wait < 0) {
            throw new BadInputException("--wait must be at least 0, not " + wait);
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
                        ? Optional.of(images(named.val().get(), data.limitVal(), data.reader()))
                        : Optional.empty();
        SparkTraining training =
                new SparkTraining(
                        configuration,
                        images(named.train(), data.limitTrain(), data.reader()),
                        validation,
                        output,
                        data.loading(),
                        workers,
                        allowsBatchDependence,
                        mostRestarts,
                        Duration.ofSeconds(wait),
                        Optional.of(
                                new Files(
                                        data.loading().skipBadImages(),
                                        spec.root()
                                                .commandLine()
                                                .getParseResult()
                                                .originalArgs())));
        SparkTraining.End end =
                driver.train(training, start, line -> System.err.println(VisibleText.of(line)));
        RunFiles.tellModel(run, validation.isPresent());
        return end == SparkTraining.End.FINISHED ? 0 : ExitStatus.INTERRUPTED;
    }

    private static SparkTraining.Images images(DataFile.Part part, int limit, ImageReader reader)
            throws BadInputException {
        if (part.converted().isPresent()) {
            throw new BadInputException(
                    part.annotations()
                            + ": executors read COCO annotations; convert these with 'fern dataset"
                            + " convert'");
        }
        return new SparkTraining.Images(part.annotations(), part.images(), limit, reader);
    }
}
