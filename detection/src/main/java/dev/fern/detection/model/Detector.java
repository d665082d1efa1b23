package dev.fern.detection.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network with all that turns images into detections. It owns its parameters until it is closed,
 * and is not safe for use by several threads.
 */
public final class Detector implements AutoCloseable {

    private final DetectorConfiguration configuration;
    private final NDManager manager;
    private final EngineBridge engine;
    private final RetinaNet network;
    private final ParameterStore parameters;
    private final ImagePipeline pipeline;
    private final PackedWeights weights = new PackedWeights();
    private volatile Precision precision = Precision.FLOAT32;

    private Detector(DetectorConfiguration configuration, NDManager manager, RetinaNet network) {
        this.configuration = configuration;
        this.manager = manager;
        this.engine = EngineBridge.of(manager);
        this.network = network;
        this.parameters = new ParameterStore(manager, false);
        this.pipeline = new ImagePipeline(configuration);
    }

    /**
     * Makes a detector with fresh parameters on the CPU, the weights of its heads drawn as in the
     * paper.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine, such as {@code MXNet}
     * @param seed of the parameters, which depend on nothing else
     * @return the detector, which the caller closes
     */
    public static Detector create(DetectorConfiguration configuration, String engine, long seed) {
        return create(configuration, engine, seed, RetinaNet.HEAD_DEVIATION);
    }

    /**
     * Makes a detector with fresh parameters on the CPU.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine
     * @param seed of the parameters
     * @param headDeviation standard deviation of the weights of the heads' inner convolutions; 0
     *     for He's, see {@link RetinaNet#initialize(NDManager, long, double)}
     * @return the detector, which the caller closes
     */
    public static Detector create(
            DetectorConfiguration configuration, String engine, long seed, double headDeviation) {
        return create(configuration, engine, Device.cpu(), seed, headDeviation);
    }

    /**
     * Makes a detector with fresh parameters on a device.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @param seed of the parameters
     * @param headDeviation standard deviation of the weights of the heads' inner convolutions; 0
     *     for He's, see {@link RetinaNet#initialize(NDManager, long, double)}
     * @return the detector, which the caller closes
     */
    public static Detector create(
            DetectorConfiguration configuration,
            String engine,
            Device device,
            long seed,
            double headDeviation) {
        return create(configuration, engine, device, seed, headDeviation, true);
    }

    /**
     * Makes a detector with fresh parameters on a device that can't be trained: its parameters have
     * no memory for gradients.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @param seed of the parameters
     * @return the detector, which the caller closes
     */
    public static Detector createForInference(
            DetectorConfiguration configuration, String engine, Device device, long seed) {
        return create(configuration, engine, device, seed, RetinaNet.HEAD_DEVIATION, false);
    }

    private static Detector create(
            DetectorConfiguration configuration,
            String engine,
            Device device,
            long seed,
            double headDeviation,
            boolean trains) {
        NDManager manager = EngineBridge.of(engine).newManager(device);
        try {
            RetinaNet network = RetinaNet.of(configuration, trains);
            network.initialize(manager, seed, headDeviation);
            return new Detector(configuration, manager, network);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Loads a model directory onto the CPU, to be trained on.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param engine DJL's name of the engine
     * @return the detector, which the caller closes
     * @throws IOException if a file is missing, damaged or does not fit the other; the message
     *     names it
     */
    public static Detector loadForTraining(Path directory, String engine) throws IOException {
        return load(
                directory, ModelDirectory.readConfiguration(directory), engine, Device.cpu(), true);
    }

    /**
     * Loads a model directory onto the CPU. Like the other detectors that are loaded, but for
     * {@link #loadForTraining}, it has no memory for gradients.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param engine DJL's name of the engine
     * @return the detector, which the caller closes
     * @throws IOException if a file is missing, damaged or does not fit the other; the message
     *     names it
     */
    public static Detector load(Path directory, String engine) throws IOException {
        return load(directory, ModelDirectory.readConfiguration(directory), engine);
    }

    /**
     * Loads a model directory's parameters onto the CPU, under a configuration of the caller's.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param configuration the model's own, except that canvas rule and post-processing may differ
     * @param engine DJL's name of the engine
     * @return the detector, which the caller closes
     * @throws IOException if the parameters are missing, damaged or not those of the
     *     configuration's network; the message names the file
     */
    public static Detector load(Path directory, DetectorConfiguration configuration, String engine)
            throws IOException {
        return load(directory, configuration, engine, Device.cpu());
    }

    /**
     * Loads a model directory's parameters onto a device, under a configuration of the caller's.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param configuration the model's own, except that canvas rule and post-processing may differ
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @return the detector, which the caller closes
     * @throws IOException if the parameters are missing, damaged or not those of the
     *     configuration's network; the message names the file
     */
    public static Detector load(
            Path directory, DetectorConfiguration configuration, String engine, Device device)
            throws IOException {
        return load(directory, configuration, engine, device, false);
    }

    private static Detector load(
            Path directory,
            DetectorConfiguration configuration,
            String engine,
            Device device,
            boolean trains)
            throws IOException {
        NDManager manager = EngineBridge.of(engine).newManager(device);
        try {
            return new Detector(
                    configuration,
                    manager,
                    ModelDirectory.readNetwork(directory, configuration, manager, trains));
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** {@return the shape of the network, and what comes before and after it} */
    public DetectorConfiguration configuration() {
        return configuration;
    }

    /** {@return the network, initialised; it stays this detector's} */
    public RetinaNet network() {
        return network;
    }

    /** {@return where the network's blocks find their parameters} */
    public ParameterStore parameterStore() {
        return parameters;
    }

    /**
     * {@return the owner of the parameters; callers keep arrays of their own in sub-managers of it}
     */
    public NDManager manager() {
        return manager;
    }

    /**
     * Returns the anchors of a canvas.
     *
     * @param canvas has sides that are multiples of 32, as the configuration's rule makes them
     * @return the anchors of all levels, shared between calls
     */
    public Anchors anchors(Canvas canvas) {
        return pipeline.anchors(canvas);
    }

    /**
     * Finds the objects of one image.
     *
     * @param image of any size; the caller closes it
     * @return the detections by falling score, in pixels of the image
     * @throws NonFiniteOutputException if the network's outputs are not finite
     */
    public List<Detection> detect(BgrImage image) {
        Canvas canvas = pipeline.canvas(image);
        return pipeline.withPixels(image, canvas, pixels -> detect(pixels, List.of(canvas)).get(0));
    }

    /**
     * Finds the objects of a batch. What it finds in an image does not depend on the other images.
     *
     * @param pixels [N, 3, H, W], normalised, as {@link dev.fern.detection.image.ImageTransform}
     *     writes them
     * @param canvases N canvases, one per image, all of the size H x W
     * @return for each image its detections by falling score, in pixels of the image
     * @throws NonFiniteOutputException if the network's outputs of an image are not finite
     */
    public List<List<Detection>> detect(FloatBuffer pixels, List<Canvas> canvases) {
        if (!Tape.supports(manager) && !engine.roundsByBatch(manager.getDevice())) {
            return pipeline.detections(forward(pixels, canvases), canvases);
        }
        int imageSize = pixels.remaining() / canvases.size();
        List<List<Detection>> detections = new ArrayList<>(canvases.size());
        for (int n = 0; n < canvases.size(); n++) {
            List<Canvas> own = canvases.subList(n, n + 1);
            FloatBuffer image = pixels.slice(pixels.position() + n * imageSize, imageSize);
            try {
                detections.addAll(pipeline.detections(forward(image, own), own));
            } catch (NonFiniteOutputException e) {
                throw e.at(n);
            }
        }
        return detections;
    }

    private List<HeadOutput> forward(FloatBuffer pixels, List<Canvas> canvases) {
        engine.recordNothing();
        return outputs(pixels, canvases.size(), canvases.get(0).size(), false);
    }

    /**
     * {@return the network's outputs for images, one per level, P3 first}
     *
     * @param pixels [N, 3, H, W], normalised
     * @param images N
     * @param size H and W
     * @param training whether norms work as in training
     */
    public List<HeadOutput> outputs(
            FloatBuffer pixels, int images, ImageSize size, boolean training) {
        Shape shape = new Shape(images, 3, size.height(), size.width());
        if (Tape.supports(manager)) {
            try (Tape tape = Tape.inference(manager, precision, weights)) {
                return outputs(tape.enter(pixels, shape), training);
            }
        }
        try (NDManager step = manager.newSubManager()) {
            return outputs(engine.create(step, pixels, shape), training);
        }
    }

    private List<HeadOutput> outputs(NDArray input, boolean training) {
        return RetinaNet.read(network.forward(parameters, new NDList(input), training));
    }

    /**
     * Sets the precision of the network's maps, which is float32 at first. The model's file does
     * not know of it.
     *
     * @param precision in which numbers the network is computed from now on
     * @throws IllegalArgumentException if this machine can't compute in it
     */
    public void setPrecision(Precision precision) {
        precision.requireSupported(manager.getDevice());
        this.precision = precision;
    }

    /** {@return what passes through the network keep of its weights} */
    public PackedWeights packedWeights() {
        return weights;
    }

    /** {@return the precision that {@link #setPrecision} has set, else float32} */
    public Precision precision() {
        return precision;
    }

    /** {@return a copy of every parameter by its name in the network} */
    public Map<String, Tensor> copyParameters() {
        return ParameterValues.copyOf(network);
    }

    @Override
    public void close() {
        weights.close();
        manager.close();
    }
}
