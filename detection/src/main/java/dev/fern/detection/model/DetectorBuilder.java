package dev.fern.detection.model;

import ai.djl.Device;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.InstalledEngines;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Settings with which a {@link Detector} is loaded. What is not set is as the model's file has it,
 * or as stated here.
 */
public final class DetectorBuilder {

    private final Path directory;
    private String engine;
    private Device device = Device.cpu();
    private Precision precision = Precision.FLOAT32;
    private CanvasRule canvas;
    private PostProcessing postProcessing;
    private OptionalDouble scoreThreshold = OptionalDouble.empty();
    private OptionalInt maxDetections = OptionalInt.empty();
    private ImageReader reader = ImageReader.standard();
    private int lanes;

    DetectorBuilder(Path directory) {
        this.directory = Objects.requireNonNull(directory, "directory");
    }

    /**
     * Sets the engine. Default: MXNet where its native library is on the class path, else PyTorch.
     *
     * @param name DJL's name of it, {@code MXNet} or {@code PyTorch}
     * @return this builder
     */
    public DetectorBuilder optEngine(String name) {
        engine = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Sets the device that holds the parameters and computes. Default: the CPU.
     *
     * @param computing one that the engine sees
     * @return this builder
     */
    public DetectorBuilder optDevice(Device computing) {
        device = Objects.requireNonNull(computing, "computing");
        return this;
    }

    /**
     * Sets in which numbers the network is computed. Default: float32.
     *
     * @param numbers one that {@link #load} refuses if the machine can't compute in it
     * @return this builder
     */
    public DetectorBuilder optPrecision(Precision numbers) {
        precision = Objects.requireNonNull(numbers, "numbers");
        return this;
    }

    /**
     * Sets how images are resized and padded. Default: the model's rule.
     *
     * @param rule whose stride is a multiple of 32
     * @return this builder
     */
    public DetectorBuilder optCanvas(CanvasRule rule) {
        canvas = Objects.requireNonNull(rule, "rule");
        return this;
    }

    /**
     * Sets how outputs become detections. Default: the model's way.
     *
     * @param processing all of it; score threshold and number of detections can be set by
     *     themselves too
     * @return this builder
     */
    public DetectorBuilder optPostProcessing(PostProcessing processing) {
        postProcessing = Objects.requireNonNull(processing, "processing");
        return this;
    }

    /**
     * Sets what a detection's score must be above. Default: the model's threshold.
     *
     * @param threshold 0 to 1
     * @return this builder
     */
    public DetectorBuilder optScoreThreshold(double threshold) {
        scoreThreshold = OptionalDouble.of(threshold);
        return this;
    }

    /**
     * Sets how many detections are kept of an image. Default: as many as the model keeps.
     *
     * @param most at least 1
     * @return this builder
     */
    public DetectorBuilder optMaxDetections(int most) {
        maxDetections = OptionalInt.of(most);
        return this;
    }

    /**
     * Sets what decodes images. Default: {@link ImageReader#standard}.
     *
     * @param decoding limits the number of pixels, and decides about EXIF orientations
     * @return this builder
     */
    public DetectorBuilder optReader(ImageReader decoding) {
        reader = Objects.requireNonNull(decoding, "decoding");
        return this;
    }

    /**
     * Sets how many images pass the network at the same time, which share the cores. Each lane
     * keeps memory for the largest image that it has seen. Default: one for every four cores, at
     * least one. Where oneDNN does not compute, as on GPUs, there is one lane.
     *
     * @param count at least 1
     * @return this builder
     * @throws IllegalArgumentException if the count is less
     */
    public DetectorBuilder optLanes(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a detector needs at least 1 lane, not " + count);
        }
        lanes = count;
        return this;
    }

    /**
     * Loads the detector. It has no memory for gradients.
     *
     * @return the detector, which the caller closes
     * @throws IOException if a file of the model is missing, damaged or does not fit the other; the
     *     message names it
     * @throws IllegalArgumentException if a setting is out of its range, or the engine, the device
     *     or the precision can't be used on this machine
     * @throws IllegalStateException if there is no engine on the class path; the message says how
     *     to get one
     */
    public Detector load() throws IOException {
        return load(false);
    }

    Detector load(boolean trains) throws IOException {
        DetectorConfiguration configuration = configuration();
        NetworkLanes network =
                NetworkLanes.<IOException>open(
                        engine == null ? InstalledEngines.preferred() : engine,
                        device,
                        lanes,
                        manager -> {
                            precision.requireSupported(EngineBridge.of(manager), device);
                            return ModelDirectory.readNetwork(
                                    directory, configuration, manager, trains);
                        });
        network.setPrecision(precision);
        return new Detector(configuration, network, reader);
    }

    private DetectorConfiguration configuration() throws IOException {
        DetectorConfiguration model = ModelDirectory.readConfiguration(directory);
        PostProcessing processing =
                postProcessing == null ? model.postProcessing() : postProcessing;
        if (scoreThreshold.isPresent()) {
            processing = processing.withScoreThreshold(scoreThreshold.getAsDouble());
        }
        if (maxDetections.isPresent()) {
            processing = processing.withMaxDetections(maxDetections.getAsInt());
        }
        return model.withCanvas(canvas == null ? model.canvas() : canvas)
                .withPostProcessing(processing);
    }
}
