package dev.fern.detection.pretrain;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.classification.BackboneClassifier;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.detection.model.NonFiniteOutputException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network that classifies images, with its configuration. It owns its parameters until it is
 * closed, and is not safe for use by several threads.
 */
public final class Classifier implements AutoCloseable {

    private final ClassifierConfiguration configuration;
    private final NDManager manager;
    private final BackboneClassifier network;
    private final ParameterStore parameters;
    private final PackedWeights weights = new PackedWeights();
    private volatile Precision precision = Precision.FLOAT32;

    private Classifier(
            ClassifierConfiguration configuration, NDManager manager, BackboneClassifier network) {
        this.configuration = configuration;
        this.manager = manager;
        this.network = network;
        this.parameters = new ParameterStore(manager, false);
    }

    /** Fills a network with parameters. */
    @FunctionalInterface
    private interface Filling {
        void accept(BackboneClassifier network, NDManager manager) throws IOException;
    }

    /**
     * Makes a classifier with fresh parameters.
     *
     * @param configuration shape of the network, and what comes before it
     * @param engine DJL's name of the engine, such as {@code MXNet}
     * @param device holds the parameters and computes; one that the engine sees
     * @param seed of the parameters, which depend on nothing else
     * @return the classifier, which the caller closes
     */
    public static Classifier create(
            ClassifierConfiguration configuration, String engine, Device device, long seed) {
        try {
            return of(
                    configuration,
                    engine,
                    device,
                    (network, manager) -> network.initialize(manager, seed));
        } catch (IOException e) {
            throw new IllegalStateException(e); // nothing was read
        }
    }

    /**
     * Loads a model directory.
     *
     * @param directory the model, see {@link ClassifierDirectory}
     * @param engine DJL's name of the engine
     * @param device holds the parameters and computes; one that the engine sees
     * @return the classifier, which the caller closes
     * @throws IOException if a file is missing, damaged or does not fit the other; the message
     *     names it
     */
    public static Classifier load(Path directory, String engine, Device device) throws IOException {
        ClassifierConfiguration configuration = ClassifierDirectory.readConfiguration(directory);
        if (configuration.classes().isEmpty()) {
            throw new IOException(
                    directory + ": holds a backbone without a classifier's last layer");
        }
        return of(
                configuration,
                engine,
                device,
                (network, manager) ->
                        ClassifierDirectory.readParameters(directory, network, manager));
    }

    /**
     * Checks that parameters are those of a classifier, or of a backbone without a head.
     *
     * @param configuration shape of the network
     * @param values the parameters by their names
     * @param engine DJL's name of the engine
     * @throws IllegalArgumentException if one is missing, left over or of another shape; the
     *     message names the first one
     */
    public static void requireFit(
            ClassifierConfiguration configuration, Map<String, Tensor> values, String engine) {
        Map<String, Tensor> all = new HashMap<>(values);
        int classes = configuration.classes().size();
        if (classes == 0) { // a head of one output stands in
            List<FeatureMap> maps = configuration.backbone().maps();
            int features = maps.get(maps.size() - 1).channels();
            all.put(
                    "head.output.weight",
                    new Tensor(new long[] {1, features}, new float[features]));
            all.put("head.output.bias", new Tensor(new long[] {1}, new float[1]));
        }
        try (NDManager manager = EngineBridge.newManager(engine, Device.cpu())) {
            new BackboneClassifier(configuration.backbone(), Math.max(1, classes))
                    .initialize(manager, TensorSource.of(all));
        }
    }

    private static Classifier of(
            ClassifierConfiguration configuration, String engine, Device device, Filling filling)
            throws IOException {
        NDManager manager = EngineBridge.newManager(engine, device);
        try {
            BackboneClassifier network =
                    new BackboneClassifier(
                            configuration.backbone(), configuration.classes().size());
            filling.accept(network, manager);
            return new Classifier(configuration, manager, network);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** {@return the shape of the network, and what comes before it} */
    public ClassifierConfiguration configuration() {
        return configuration;
    }

    /** {@return the network, initialised; it stays this classifier's} */
    public BackboneClassifier network() {
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
     * Computes the logits of a batch.
     *
     * @param pixels [N, 3, S, S], normalised, with S the configuration's input size
     * @param images N
     * @return [N * K], the logits of one image after another
     * @throws NonFiniteOutputException if the logits of an image are not finite
     */
    public float[] logits(FloatBuffer pixels, int images) {
        int side = configuration.input().inputSize();
        EngineBridge engine = EngineBridge.of(manager);
        engine.recordNothing();
        Shape shape = new Shape(images, 3, side, side);
        float[] logits;
        if (Tape.supports(manager)) {
            try (Tape tape = Tape.inference(manager, precision, weights)) {
                logits = logits(tape.enter(pixels, shape));
            }
        } else {
            try (NDManager step = manager.newSubManager()) {
                logits = logits(precision.of(engine.create(step, pixels, shape)));
            }
        }
        for (int n = 0; n < images; n++) {
            NonFiniteOutputException.requireFinite(logits, images, n);
        }
        return logits;
    }

    private float[] logits(NDArray input) {
        NDArray output = network.forward(parameters, new NDList(input), false).singletonOrThrow();
        return EngineBridge.of(output).copy(output);
    }

    /** {@return what passes through the network keep of its weights} */
    public PackedWeights packedWeights() {
        return weights;
    }

    /** {@return the precision that {@link #setPrecision} has set, else float32} */
    public Precision precision() {
        return precision;
    }

    /**
     * Sets the precision of the network's maps.
     *
     * @param precision in which numbers the network is computed from now on
     * @throws IllegalArgumentException if this machine or the device can't compute in it
     */
    public void setPrecision(Precision precision) {
        precision.requireSupported(EngineBridge.of(manager), manager.getDevice());
        this.precision = precision;
    }

    @Override
    public void close() {
        weights.close();
        manager.close();
    }
}
