package dev.fern.detection.pretrain;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.classification.ResNetClassifier;
import dev.fern.backbone.host.EngineBridge;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;

/** A network with all that turns images into logits. Not safe for use by several threads. */
public final class Classifier implements AutoCloseable {

    private final ClassifierConfiguration configuration;
    private final NDManager manager;
    private final ResNetClassifier network;
    private final ParameterStore parameters;

    private Classifier(
            ClassifierConfiguration configuration, NDManager manager, ResNetClassifier network) {
        this.configuration = configuration;
        this.manager = manager;
        this.network = network;
        this.parameters = new ParameterStore(manager, false);
    }

    /** Fills a network with parameters. */
    @FunctionalInterface
    private interface Filling {
        void accept(ResNetClassifier network, NDManager manager) throws IOException;
    }

    /**
     * Returns a classifier with fresh parameters.
     *
     * @param engine DJL's name of the engine
     * @param device one that the engine sees
     * @param seed of the initial parameters
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
     * @param engine DJL's name of the engine
     * @param device one that the engine sees
     * @throws IOException if a file is missing, damaged, or does not fit the other; the message
     *     names it
     */
    public static Classifier load(Path directory, String engine, Device device) throws IOException {
        return of(
                ClassifierDirectory.readConfiguration(directory),
                engine,
                device,
                (network, manager) ->
                        ClassifierDirectory.readParameters(directory, network, manager));
    }

    private static Classifier of(
            ClassifierConfiguration configuration, String engine, Device device, Filling filling)
            throws IOException {
        NDManager manager = EngineBridge.of(engine).newManager(device);
        try {
            ResNetClassifier network =
                    new ResNetClassifier(configuration.backbone(), configuration.classes().size());
            filling.accept(network, manager);
            return new Classifier(configuration, manager, network);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns what this classifier is. */
    public ClassifierConfiguration configuration() {
        return configuration;
    }

    /** Returns the network. */
    public ResNetClassifier network() {
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

    /**
     * Computes the logits of a batch.
     *
     * @param pixels [N, 3, S, S], normalised, with S the configuration's input size
     * @param images N
     * @return [N * K]
     */
    public float[] logits(FloatBuffer pixels, int images) {
        int side = configuration.input().inputSize();
        EngineBridge engine = EngineBridge.of(manager);
        engine.recordNothing();
        try (NDManager step = manager.newSubManager()) {
            NDArray input = engine.create(step, pixels, new Shape(images, 3, side, side));
            return engine.copy(
                    network.forward(parameters, new NDList(input), false).singletonOrThrow());
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
