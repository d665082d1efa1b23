package dev.fern.tools.spark;

import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.spark.SparkDetectionBuilder;
import dev.fern.spark.SparkDriver;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.input.ModelOptions;
import java.io.IOException;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which model detects in which images, on Spark. */
final class SparkModelOptions {

    @OptionSection(Section.MODEL)
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description =
                    "Model directory: a path on this machine, or a URI that Hadoop reads, such as"
                            + " hdfs://HOST/DIR. Spark hands it out to the executors.")
    private String model;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--partitions",
            paramLabel = "N",
            description =
                    "Number of parts that the images are divided in; a part is what is done again when"
                            + " an executor is lost. Default: three per core, and more where a part"
                            + " would have more than 256 images.")
    private Integer partitions;

    @Mixin private ModelOptions options;

    /** Checks what does not depend on the model. */
    void requireValid() throws BadInputException {
        options.requireValidBatchSize();
        if (partitions != null && partitions < 1) {
            throw new BadInputException("--partitions must be at least 1, not " + partitions);
        }
        options.reader();
    }

    /** Returns how many parts there are, 0 to leave it to Fern. */
    int partitions() {
        return partitions == null ? 0 : partitions;
    }

    boolean skipBadImages() {
        return options.skipBadImages();
    }

    /**
     * Hands a model out with the changes that the options make to it.
     *
     * @param postProcessing changes the model's
     * @return the settings, to be changed further
     * @throws IllegalArgumentException if an option is out of its range
     */
    SparkDetectionBuilder load(SparkDriver spark, UnaryOperator<PostProcessing> postProcessing)
            throws IOException, BadInputException {
        Engines.require(options.engine());
        SparkDetectionBuilder detection = spark.detection(model);
        DetectorConfiguration own = detection.configuration();
        return detection
                .optEngine(options.engine())
                .optDevices(options.devices())
                .optPrecision(options.precision())
                .optCanvas(options.canvas(own.canvas()))
                .optPostProcessing(postProcessing.apply(own.postProcessing()))
                .optBatchSize(options.batchSize())
                .optReader(options.reader());
    }
}
