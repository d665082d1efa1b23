package dev.fern.detection.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineStart;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.loss.HeadOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A network with all that turns images into detections. Not safe for use by several threads. */
public final class Detector implements AutoCloseable {

    private final DetectorConfiguration configuration;
    private final NDManager manager;
    private final RetinaNet network;
    private final ParameterStore parameters;
    private final AnchorGenerator anchorGenerator;
    private final PostProcessor postProcessor;
    private final ImageTransform transform;

    private Detector(DetectorConfiguration configuration, NDManager manager, long seed) {
        this.configuration = configuration;
        this.manager = manager;
        this.network =
                new RetinaNet(configuration.architecture(), configuration.categories().size());
        network.initialize(manager, seed);
        this.parameters = new ParameterStore(manager, false);
        this.anchorGenerator = new AnchorGenerator(configuration.architecture().anchors());
        this.postProcessor = new PostProcessor(configuration.postProcessing());
        this.transform = new ImageTransform(configuration.normalization());
    }

    /**
     * Returns a detector with fresh parameters.
     *
     * @param engine DJL's name of the engine
     * @param seed of the initial parameters
     */
    public static Detector create(DetectorConfiguration configuration, String engine, long seed) {
        return new Detector(configuration, EngineStart.newManager(engine), seed);
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

    /** Loads a model directory's parameters under a changed configuration. */
    public static Detector load(Path directory, DetectorConfiguration configuration, String engine)
            throws IOException {
        Map<String, Tensor> values = ModelDirectory.readParameters(directory);
        Detector detector = create(configuration, engine, 0);
        try {
            ParameterValues.assign(detector.network, values);
        } catch (IllegalArgumentException e) {
            detector.close();
            throw new IOException(
                    directory.resolve(ModelDirectory.PARAMETER_FILE)
                            + ": does not fit "
                            + ModelDirectory.CONFIGURATION_FILE
                            + ": "
                            + e.getMessage(),
                    e);
        }
        return detector;
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
        return anchorGenerator.generate(canvas.size().height(), canvas.size().width());
    }

    /**
     * Finds the objects of one image, by falling score, in pixels of the image.
     *
     * @param image stays the caller's
     */
    public List<Detection> detect(BgrImage image) {
        Canvas canvas = configuration.canvas().canvas(image.width(), image.height());
        FloatBuffer pixels =
                ByteBuffer.allocateDirect(ImageTransform.length(canvas) * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        transform.write(image, canvas, pixels, 0);
        return detect(pixels, List.of(canvas)).get(0);
    }

    /**
     * Finds the objects of a batch.
     *
     * @param pixels [N, 3, H, W], normalised, as {@link ImageTransform} writes them
     * @param canvases one an image, all of the size H x W
     * @return for each image its detections by falling score, in pixels of the image
     */
    public List<List<Detection>> detect(FloatBuffer pixels, List<Canvas> canvases) {
        List<HeadOutput> outputs = forward(pixels, canvases);
        Anchors anchors = anchors(canvases.get(0));
        List<List<Detection>> detections = new ArrayList<>(canvases.size());
        for (int n = 0; n < canvases.size(); n++) {
            detections.add(
                    postProcessor.process(
                            configuration.categories().size(),
                            outputs,
                            anchors,
                            n,
                            canvases.get(n)));
        }
        return detections;
    }

    private List<HeadOutput> forward(FloatBuffer pixels, List<Canvas> canvases) {
        Canvas canvas = canvases.get(0);
        try (NDManager step = manager.newSubManager()) {
            NDArray input =
                    step.create(
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
