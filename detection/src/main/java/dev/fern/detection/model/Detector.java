package dev.fern.detection.model;

import ai.djl.Device;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.device.Candidates;
import dev.fern.detection.device.DeviceDetection;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A network with all that turns images into detections. It owns its parameters until it is closed.
 *
 * <p>Any number of threads may detect with one detector at the same time. Each reads its own images
 * and lays them out, and hands them to one of the detector's lanes: threads that pass images
 * through the network one by one, on a fixed share of the cores. So what is found depends neither
 * on how many threads ask nor on the load, but in its last digits on the cores of a lane; memory
 * grows with the lanes alone. Lanes share the parameters. What else a detector offers, such as its
 * network and its precision, is for one thread at a time, while none detects.
 *
 * <p>Long because images come in many forms, each with a method of its own.
 */
public final class Detector implements AutoCloseable {

    /** Of a list, so many images of one canvas pass an engine's operators together. */
    private static final int BATCH_SIZE = 8;

    private final DetectorConfiguration configuration;
    private final ImagePipeline pipeline;
    private final ImageReader reader;
    private final NetworkLanes lanes;

    Detector(DetectorConfiguration configuration, NetworkLanes lanes, ImageReader reader) {
        this.configuration = configuration;
        this.pipeline = new ImagePipeline(configuration);
        this.reader = reader;
        this.lanes = lanes;
    }

    /**
     * {@return a detector with fresh parameters on the CPU, the weights of its heads drawn as in
     * the paper} The caller closes it.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine, such as {@code MXNet}
     * @param seed of the parameters, which depend on nothing else
     */
    public static Detector create(DetectorConfiguration configuration, String engine, long seed) {
        return create(configuration, engine, Device.cpu(), seed, RetinaNet.HEAD_DEVIATION);
    }

    /**
     * {@return a detector with fresh parameters on a device} The caller closes it.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @param seed of the parameters
     * @param headDeviation standard deviation of the weights of the heads' inner convolutions; 0
     *     for He's, see {@link RetinaNet#initialize(NDManager, long, double)}
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
     * {@return a detector with fresh parameters on a device that can't be trained: they have no
     * memory for gradients} The caller closes it.
     *
     * @param configuration shape of the network, and what comes before and after it
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @param seed of the parameters
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
        NetworkLanes lanes =
                NetworkLanes.open(
                        engine,
                        device,
                        0,
                        manager -> {
                            RetinaNet network = RetinaNet.of(configuration, trains);
                            network.initialize(manager, seed, headDeviation);
                            return network;
                        });
        return new Detector(configuration, lanes, ImageReader.standard());
    }

    /**
     * {@return the detector of a model directory, with the settings that {@link #builder} starts
     * from} The caller closes it.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @throws IOException naming the file that is missing, damaged or does not fit the other
     * @throws IllegalStateException if there is no engine on the class path; the message says how
     *     to get one
     */
    public static Detector load(Path directory) throws IOException {
        return builder(directory).load();
    }

    /**
     * {@return settings with which to load a model directory}
     *
     * @param directory the model, see {@link ModelDirectory}
     */
    public static DetectorBuilder builder(Path directory) {
        return new DetectorBuilder(directory);
    }

    /**
     * {@return a detector that can be trained on, on the CPU} The caller closes it.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param engine DJL's name of the engine
     * @throws IOException naming the file that is missing, damaged or does not fit the other
     */
    public static Detector loadForTraining(Path directory, String engine) throws IOException {
        return builder(directory).optEngine(engine).load(true);
    }

    /**
     * {@return the detector of a model directory, on the CPU} The caller closes it.
     *
     * @param directory the model, see {@link ModelDirectory}
     * @param engine DJL's name of the engine
     * @throws IOException naming the file that is missing, damaged or does not fit the other
     */
    public static Detector load(Path directory, String engine) throws IOException {
        return builder(directory).optEngine(engine).load();
    }

    /** {@return the shape of the network, and what comes before and after it} */
    public DetectorConfiguration configuration() {
        return configuration;
    }

    /** {@return the network, initialised; it stays this detector's} */
    public RetinaNet network() {
        return lanes.network();
    }

    /** {@return where the network's blocks find their parameters} */
    public ParameterStore parameterStore() {
        return lanes.parameters();
    }

    /** {@return the owner of the parameters; others keep their arrays in sub-managers of it} */
    public NDManager manager() {
        return lanes.manager();
    }

    /**
     * {@return the anchors of all levels, shared between calls}
     *
     * @param canvas has sides that are multiples of 32, as the configuration's rule makes them
     */
    public Anchors anchors(Canvas canvas) {
        return pipeline.anchors(canvas);
    }

    /** {@return how many images pass the network at the same time, 1 or more} */
    public int lanes() {
        return lanes.count();
    }

    /**
     * {@return what {@link #detect(DetectorInput)} finds in an image file}
     *
     * @param file path of the file
     * @throws IOException naming the file if it can't be read
     */
    public List<Detection> detect(Path file) throws IOException {
        return detect(DetectorInput.of(file));
    }

    /**
     * {@return what {@link #detect(DetectorInput)} finds in the bytes of an image file}
     *
     * @param file all of its bytes
     * @throws IOException if they are no image that can be read
     */
    public List<Detection> detect(byte[] file) throws IOException {
        return detect(DetectorInput.of(file));
    }

    /**
     * {@return what {@link #detect(DetectorInput)} finds in the bytes of an image file}
     *
     * @param file is read to its end and closed
     * @throws IOException if the stream can't be read or is no image
     */
    public List<Detection> detect(InputStream file) throws IOException {
        return detect(DetectorInput.of(file));
    }

    /**
     * {@return what {@link #detect(BgrImage)} finds in an image of Java's}
     *
     * @param image of any type
     */
    public List<Detection> detect(BufferedImage image) {
        try (BgrImage copy = BgrImage.of(image)) {
            return detect(copy);
        }
    }

    /**
     * {@return what {@link #detect(DetectorInput)} finds in an image of DJL's}
     *
     * @param image of any factory
     * @throws IOException if the image's pixels can't be had
     */
    public List<Detection> detect(Image image) throws IOException {
        return detect(DetectorInput.of(image));
    }

    /**
     * Finds the objects of an image in any form.
     *
     * @param input the image; it is turned upright by its EXIF orientation, unless the detector's
     *     reader is another
     * @return the detections by falling score, in pixels of the image as it is shown
     * @throws IOException naming the image if it can't be read
     * @throws NonFiniteOutputException naming the image if the network's outputs are not finite
     */
    public List<Detection> detect(DetectorInput input) throws IOException {
        try (BgrImage image = input.read(reader)) {
            return detect(image);
        } catch (NonFiniteOutputException e) {
            throw e.of(input.name());
        }
    }

    /**
     * Finds the objects of one image.
     *
     * @param image of any size; the caller closes it
     * @return the detections by falling score, in pixels of the image
     * @throws NonFiniteOutputException if the network's outputs are not finite
     * @throws IllegalStateException if the detector is closed
     */
    public List<Detection> detect(BgrImage image) {
        Canvas canvas = pipeline.canvas(image);
        return pipeline.withPixels(image, canvas, pixels -> detect(pixels, List.of(canvas)).get(0));
    }

    /**
     * {@return what {@link #detect(List)} finds} An example is {@code detect(files,
     * DetectorInput::of)}.
     *
     * @param <T> the form of the images, such as {@link Path}
     * @param images any number
     * @param form tells how to read one
     * @throws IOException as of a list of inputs
     */
    public <T> List<List<Detection>> detect(List<T> images, Function<? super T, DetectorInput> form)
            throws IOException {
        return detect(images.stream().map(form).toList());
    }

    /**
     * Finds the objects of several images.
     *
     * @param inputs any number; no more than a few of them are in memory at the same time
     * @return for each image, in the order of the list, what {@code detect} finds in it alone
     * @throws IOException naming the first image that can't be read, and its place in the list
     * @throws NonFiniteOutputException naming the image if the network's outputs are not finite
     */
    public List<List<Detection>> detect(List<DetectorInput> inputs) throws IOException {
        return detect(inputs, lanes.passImagesSingly() ? 1 : BATCH_SIZE);
    }

    List<List<Detection>> detect(List<DetectorInput> inputs, int batchSize) throws IOException {
        try (CanvasBatches batches =
                new CanvasBatches(pipeline, this::start, inputs, batchSize, 1 + lanes.count())) {
            return batches.detect(reader);
        }
    }

    /**
     * Finds the objects of a batch. What it finds in an image does not depend on the other images.
     *
     * @param pixels [N, 3, H, W], normalised, as {@link dev.fern.detection.image.ImageTransform}
     *     writes them
     * @param canvases N canvases, one per image, all of the size H x W
     * @return for each image its detections by falling score, in pixels of the image
     * @throws IllegalArgumentException if canvases differ in size or pixels do not fill them
     * @throws NonFiniteOutputException if the network's outputs of an image are not finite
     * @throws IllegalStateException if the detector is closed
     */
    public List<List<Detection>> detect(FloatBuffer pixels, List<Canvas> canvases) {
        ImagePipeline.requireFit(pixels, canvases);
        return canvases.isEmpty() ? List.of() : start(pixels, canvases).get();
    }

    /** Hands the images of a batch to the lanes. */
    private Supplier<List<List<Detection>>> start(FloatBuffer pixels, List<Canvas> canvases) {
        List<Supplier<List<List<Detection>>>> tasks = new ArrayList<>();
        int together = lanes.passImagesSingly() ? 1 : canvases.size();
        int imageSize = pixels.remaining() / canvases.size();
        for (int n = 0; n < canvases.size(); n += together) {
            int first = n;
            List<Canvas> own = canvases.subList(first, first + together);
            FloatBuffer images =
                    pixels.slice(pixels.position() + first * imageSize, together * imageSize);
            tasks.add(() -> pass(images, own, first));
        }
        Supplier<List<List<List<Detection>>>> results = lanes.start(tasks);
        return () -> results.get().stream().flatMap(List::stream).toList();
    }

    private List<List<Detection>> pass(FloatBuffer pixels, List<Canvas> canvases, int first) {
        try {
            ImageSize size = canvases.get(0).size();
            return lanes.onDevice()
                    .map(
                            device ->
                                    pipeline.detections(
                                            candidates(device, pixels, canvases), canvases))
                    .orElseGet(
                            () ->
                                    pipeline.detections(
                                            outputs(pixels, canvases.size(), size, false),
                                            canvases));
        } catch (NonFiniteOutputException e) {
            throw e.at(first + e.image());
        }
    }

    private Candidates candidates(
            DeviceDetection device, FloatBuffer pixels, List<Canvas> canvases) {
        ImageSize size = canvases.get(0).size();
        return device.candidates(
                pixels,
                new Shape(canvases.size(), 3, size.height(), size.width()),
                anchors(canvases.get(0)),
                configuration.postProcessing().candidatesPerLevel(),
                precision());
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
        return lanes.outputs(pixels, images, size, training);
    }

    /**
     * Sets the precision of the network's maps, which is float32 at first. The model's file does
     * not know of it.
     *
     * @param precision in which numbers the network is computed from now on
     * @throws IllegalArgumentException if this machine can't compute in it
     */
    public void setPrecision(Precision precision) {
        lanes.setPrecision(precision);
    }

    /** {@return what passes through the network keep of its weights} */
    public PackedWeights packedWeights() {
        return lanes.weights();
    }

    /** {@return the precision that {@link #setPrecision} has set, else float32} */
    public Precision precision() {
        return lanes.precision();
    }

    /** {@return a copy of every parameter by its name in the network} */
    public Map<String, Tensor> copyParameters() {
        return ParameterValues.copyOf(network());
    }

    /**
     * Waits until what other threads have asked for is found, and then frees the memory. To detect
     * with a closed detector is an {@link IllegalStateException}; to close it again does nothing.
     */
    @Override
    public void close() {
        lanes.close();
    }
}
