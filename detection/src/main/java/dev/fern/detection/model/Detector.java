package dev.fern.detection.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.loss.HeadOutput;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A network with all that turns images into detections. Not safe for use by several threads. */
public final class Detector implements AutoCloseable {

    private final DetectorConfiguration configuration;
    private final NDManager manager;
    private final EngineBridge engine;
    private final RetinaNet network;
    private final ParameterStore parameters;
    private final ImagePipeline pipeline;

    private Detector(DetectorConfiguration configuration, NDManager manager, RetinaNet network) {
        this.configuration = configuration;
        this.manager = manager;
        this.engine = EngineBridge.of(manager);
        this.network = network;
        this.parameters = new ParameterStore(manager, false);
        this.pipeline = new ImagePipeline(configuration);
    }

    /** Returns a detector with fresh parameters, its heads' as in the paper. */
    public static Detector create(DetectorConfiguration configuration, String engine, long seed) {
        return create(configuration, engine, seed, RetinaNet.HEAD_DEVIATION);
    }

    /**
     * Returns a detector with fresh parameters on the CPU.
     *
     * @param engine DJL's name of the engine
     * @param seed of the initial parameters
     * @param headDeviation see {@link RetinaNet#initialize(NDManager, long, double)}
     */
    public static Detector create(
            DetectorConfiguration configuration, String engine, long seed, double headDeviation) {
        return create(configuration, engine, Device.cpu(), seed, headDeviation);
    }

    /**
     * Likewise, on a device.
     *
     * @param device one that the engine sees
     */
    public static Detector create(
            DetectorConfiguration configuration,
            String engine,
            Device device,
            long seed,
            double headDeviation) {
        NDManager manager = EngineBridge.of(engine).newManager(device);
        try {
            RetinaNet network =
                    new RetinaNet(configuration.architecture(), configuration.categories().size());
            network.initialize(manager, seed, headDeviation);
            return new Detector(configuration, manager, network);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Loads a model directory.
     *
     * @param engine DJL's name of the engine
     * @throws IOException if a file is missing, damaged, or does not fit the other; the message
     *     names it
     */
    public static Detector load(Path directory, String engine) throws IOException {
        return load(directory, ModelDirectory.readConfiguration(directory), engine);
    }

    /**
     * Loads a model directory's parameters under a configuration that was changed in what is not
     * the network.
     *
     * @throws IOException as {@link #load(Path, String)}
     */
    public static Detector load(Path directory, DetectorConfiguration configuration, String engine)
            throws IOException {
        return load(directory, configuration, engine, Device.cpu());
    }

    /**
     * Likewise, to a device.
     *
     * @param device one that the engine sees
     */
    public static Detector load(
            Path directory, DetectorConfiguration configuration, String engine, Device device)
            throws IOException {
        NDManager manager = EngineBridge.of(engine).newManager(device);
        try {
            return new Detector(
                    configuration,
                    manager,
                    ModelDirectory.readNetwork(directory, configuration, manager));
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns what this detector is. */
    public DetectorConfiguration configuration() {
        return configuration;
    }

    /** Returns the network. */
    public RetinaNet network() {
        return network;
    }

    /** Returns where the network's blocks find their parameters. */
    public ParameterStore parameterStore() {
        return parameters;
    }

    /** Returns the owner of the parameters; work in its sub-managers. */
    public NDManager manager() {
        return manager;
    }

    /** Returns the anchors of a canvas. */
    public Anchors anchors(Canvas canvas) {
        return pipeline.anchors(canvas);
    }

    /**
     * Finds the objects of one image, by falling score, in pixels of the image.
     *
     * @param image stays the caller's
     */
    public List<Detection> detect(BgrImage image) {
        Canvas canvas = pipeline.canvas(image);
        return pipeline.withPixels(image, canvas, pixels -> detect(pixels, List.of(canvas)).get(0));
    }

    /**
     * Finds the objects of a batch.
     *
     * @param pixels [N, 3, H, W], normalised, as {@link dev.fern.detection.image.ImageTransform}
     *     writes them
     * @param canvases one an image, all of the size H x W
     * @return for each image its detections by falling score, in pixels of the image
     */
    public List<List<Detection>> detect(FloatBuffer pixels, List<Canvas> canvases) {
        if (!engine.roundsByBatch(manager.getDevice())) {
            return pipeline.detections(forward(pixels, canvases), canvases);
        }
        int imageSize = pixels.remaining() / canvases.size();
        List<List<Detection>> detections = new ArrayList<>(canvases.size());
        for (int n = 0; n < canvases.size(); n++) {
            List<Canvas> own = canvases.subList(n, n + 1);
            FloatBuffer image = pixels.slice(pixels.position() + n * imageSize, imageSize);
            detections.addAll(pipeline.detections(forward(image, own), own));
        }
        return detections;
    }

    private List<HeadOutput> forward(FloatBuffer pixels, List<Canvas> canvases) {
        Canvas canvas = canvases.get(0);
        engine.recordNothing();
        try (NDManager step = manager.newSubManager()) {
            NDArray input =
                    engine.create(
                            step,
                            pixels,
                            new Shape(
                                    canvases.size(),
                                    3,
                                    canvas.size().height(),
                                    canvas.size().width()));
            return RetinaNet.read(network.forward(parameters, new NDList(input), false));
        }
    }

    /** Returns a copy of every parameter. */
    public Map<String, Tensor> copyParameters() {
        return ParameterValues.copyOf(network);
    }

    @Override
    public void close() {
        manager.close();
    }
}
