package dev.fern.spark;

import dev.fern.backbone.host.Devices;
import dev.fern.backbone.host.InstalledEngines;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;

/** Settings of a {@link SparkDetection}. What is not set is as the model's file has it. */
public final class SparkDetectionBuilder {

    private final SparkSession spark;
    private final String model;
    private String engine;
    private String devices = Devices.AUTO;
    private Precision precision = Precision.FLOAT32;
    private UnaryOperator<CanvasRule> canvas = UnaryOperator.identity();
    private UnaryOperator<PostProcessing> postProcessing = UnaryOperator.identity();
    private Function<DetectorConfiguration, Set<Integer>> categories =
            configuration ->
                    IntStream.range(0, configuration.categories().size())
                            .boxed()
                            .collect(Collectors.toSet());
    private int mostDetections = Integer.MAX_VALUE;
    private int batchSize = 1;
    private ImageReader reader = ImageReader.standard();

    SparkDetectionBuilder(SparkSession spark, String model) {
        this.spark = Objects.requireNonNull(spark, "spark");
        this.model = Objects.requireNonNull(model, "model");
    }

    /**
     * Sets the engine of the executors. Default: MXNet where the driver has its native library,
     * else PyTorch.
     *
     * @param name DJL's name of it, {@code MXNet} or {@code PyTorch}
     * @return this builder
     */
    public SparkDetectionBuilder optEngine(String name) {
        engine = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Sets which device of an executor's machine computes. Default: the first GPU that the engine
     * sees, else the CPU.
     *
     * @param name in one of the forms of {@link Devices}; the first that it names is taken
     * @return this builder
     * @throws IllegalArgumentException if it has none of the forms
     */
    public SparkDetectionBuilder optDevices(String name) {
        Devices.requireKnown(name);
        devices = name;
        return this;
    }

    /**
     * Sets in which numbers the network is computed. Default: float32.
     *
     * @param numbers one that every executor's processor can compute in
     * @return this builder
     */
    public SparkDetectionBuilder optPrecision(Precision numbers) {
        precision = Objects.requireNonNull(numbers, "numbers");
        return this;
    }

    /**
     * Sets how images are resized and padded.
     *
     * @param change makes the rule of the model's
     * @return this builder
     */
    public SparkDetectionBuilder optCanvas(UnaryOperator<CanvasRule> change) {
        canvas = Objects.requireNonNull(change, "change");
        return this;
    }

    /**
     * Sets how outputs become detections.
     *
     * @param change makes it of the model's way
     * @return this builder
     */
    public SparkDetectionBuilder optPostProcessing(UnaryOperator<PostProcessing> change) {
        postProcessing = Objects.requireNonNull(change, "change");
        return this;
    }

    /**
     * Sets which detections are kept of those that post-processing leaves. Default: all.
     *
     * @param positions of the categories that are kept, in the model's list
     * @param most the largest number that is kept of an image, at least 1
     * @return this builder
     */
    public SparkDetectionBuilder optKept(Set<Integer> positions, int most) {
        Set<Integer> kept = Set.copyOf(positions);
        categories = configuration -> kept;
        mostDetections = most;
        return this;
    }

    /**
     * Sets how many images of one canvas pass the network together. Default: 1; more gain on GPUs
     * alone.
     *
     * @param images at least 1
     * @return this builder
     * @throws IllegalArgumentException if it is less
     */
    public SparkDetectionBuilder optBatchSize(int images) {
        if (images < 1) {
            throw new IllegalArgumentException("the batch size must be at least 1, not " + images);
        }
        batchSize = images;
        return this;
    }

    /**
     * Sets what decodes images. Default: {@link ImageReader#standard}.
     *
     * @param decoding limits the number of pixels, and decides about EXIF orientations
     * @return this builder
     */
    public SparkDetectionBuilder optReader(ImageReader decoding) {
        reader = Objects.requireNonNull(decoding, "decoding");
        return this;
    }

    /**
     * Reads the model on the driver and hands it out to the executors.
     *
     * @return the detection
     * @throws IOException if a file of the model is missing or its configuration is damaged; the
     *     message names it. Damaged parameters are found by the first task
     * @throws IllegalArgumentException if a setting is out of its range
     * @throws IllegalStateException if there is no engine on the class path
     */
    public SparkDetection load() throws IOException {
        ModelArchive archive = ModelArchive.handOut(spark, model);
        DetectorConfiguration own = archive.configuration();
        DetectorConfiguration configuration =
                own.withCanvas(canvas.apply(own.canvas()))
                        .withPostProcessing(postProcessing.apply(own.postProcessing()));
        DetectorSettings settings =
                new DetectorSettings(
                        archive.name(),
                        engine == null ? InstalledEngines.preferred() : engine,
                        devices,
                        precision,
                        configuration.canvas(),
                        configuration.postProcessing());
        RowDetection.Rules rules =
                new RowDetection.Rules(
                        batchSize, reader, categories.apply(configuration), mostDetections);
        return new SparkDetection(spark, configuration, settings, rules);
    }
}
