package dev.fern.spark;

import dev.fern.backbone.host.Devices;
import dev.fern.backbone.host.InstalledEngines;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Settings of a {@link SparkDetection}. What is not set is as the model's file has it. */
public final class SparkDetectionBuilder {

    private final SparkSession spark;
    private final String model;
    private String engine;
    private String devices = Devices.AUTO;
    private Precision precision = Precision.FLOAT32;
    private CanvasRule canvas;
    private PostProcessing postProcessing;
    private Set<Integer> kept;
    private int mostDetections = Integer.MAX_VALUE;
    private ModelFiles files;
    private DetectorConfiguration own;
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
     * Sets how images are resized and padded. Default: the model's rule.
     *
     * @param rule whose stride is a multiple of 32
     * @return this builder
     */
    public SparkDetectionBuilder optCanvas(CanvasRule rule) {
        canvas = Objects.requireNonNull(rule, "rule");
        return this;
    }

    /**
     * Sets how outputs become detections. Default: the model's way.
     *
     * @param processing all of it
     * @return this builder
     */
    public SparkDetectionBuilder optPostProcessing(PostProcessing processing) {
        postProcessing = Objects.requireNonNull(processing, "processing");
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
        kept = Set.copyOf(positions);
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
     * Reads the model on the driver.
     *
     * @return what the model's file says, without the settings
     * @throws IOException if a file of the model is missing or its configuration is damaged; the
     *     message names it
     */
    public DetectorConfiguration configuration() throws IOException {
        if (own == null) {
            files =
                    ModelFiles.read(
                            model, new HadoopFiles(spark.sparkContext().hadoopConfiguration()));
            own = files.unpacked(ModelDirectory::readConfiguration);
        }
        return own;
    }

    /**
     * Hands the model out; the executors load it when they need it.
     *
     * @return the detection
     * @throws IOException as of {@link #configuration}. Damaged parameters are found by the first
     *     task
     * @throws IllegalArgumentException if a setting is out of its range
     * @throws IllegalStateException if there is no engine on the class path
     */
    public SparkDetection load() throws IOException {
        configuration();
        DetectorConfiguration configuration =
                own.withCanvas(canvas == null ? own.canvas() : canvas)
                        .withPostProcessing(
                                postProcessing == null ? own.postProcessing() : postProcessing);
        DetectorSettings settings =
                new DetectorSettings(
                        files.checksum(),
                        engine == null ? InstalledEngines.preferred() : engine,
                        devices,
                        precision,
                        DetectorSettings.CanvasNumbers.of(configuration.canvas()),
                        DetectorSettings.PostProcessingNumbers.of(configuration.postProcessing()));
        Set<Integer> categories =
                kept != null
                        ? kept
                        : IntStream.range(0, own.categories().size())
                                .boxed()
                                .collect(Collectors.toUnmodifiableSet());
        return new SparkDetection(
                spark,
                configuration,
                settings,
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(files),
                new RowDetection.Rules(
                        batchSize,
                        reader.maxPixels(),
                        reader.orientation(),
                        categories,
                        mostDetections));
    }
}
