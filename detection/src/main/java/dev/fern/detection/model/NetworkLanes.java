package dev.fern.detection.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.detection.device.DeviceDetection;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A network with the threads that run it: each computes one pass at a time, on a fixed share of the
 * cores. They share the parameters and what is kept of them; each has memory of its own for maps.
 */
final class NetworkLanes implements AutoCloseable {

    /** More cores than these make one image less and less faster. */
    private static final int CORES_PER_LANE = 4;

    private final RetinaNet network;
    private final NDManager manager;
    private final EngineBridge engine;
    private final ParameterStore parameters;
    private final PackedWeights weights = new PackedWeights();
    private final int count;
    private final EngineThreads threads;
    private volatile Precision precision = Precision.FLOAT32;

    /** Empty where the network's outputs are read by the host. */
    private final Optional<DeviceDetection> onDevice;

    /**
     * Makes a network.
     *
     * @param <E> what is thrown where that fails
     */
    @FunctionalInterface
    interface Making<E extends Exception> {
        /** {@return the network, initialised} */
        RetinaNet make(NDManager parameters) throws E;
    }

    private NetworkLanes(RetinaNet network, NDManager manager, int wanted) {
        this.network = network;
        this.manager = manager;
        engine = EngineBridge.of(manager);
        parameters = new ParameterStore(manager, false);
        count = count(manager, wanted);
        threads = new EngineThreads(engine, count);
        // The store's own filling is not safe for use by several threads.
        for (Parameter parameter : NamedParameters.of(network).values()) {
            parameters.getValue(parameter, manager.getDevice(), false);
        }
        onDevice =
                DeviceTraining.supports(manager)
                        ? Optional.of(new DeviceDetection(network, parameters, manager))
                        : Optional.empty();
    }

    /**
     * Makes a network and its lanes, each of whose threads starts when it is first needed.
     *
     * @param engine DJL's name of it
     * @param device holds the parameters and computes
     * @param wanted 1 lane or more, or 0 for as many as suit the machine
     * @param making makes the network
     * @throws IllegalArgumentException if the engine can't be used or does not see the device
     */
    static <E extends Exception> NetworkLanes open(
            String engine, Device device, int wanted, Making<E> making) throws E {
        NDManager manager = EngineBridge.newManager(engine, device);
        boolean made = false;
        try {
            NetworkLanes lanes = new NetworkLanes(making.make(manager), manager, wanted);
            made = true;
            return lanes;
        } finally {
            if (!made) {
                manager.close();
            }
        }
    }

    /** An engine's own operators are for one thread at a time: MXNet lays weights out anew. */
    private static int count(NDManager manager, int wanted) {
        if (!Tape.supports(manager)) {
            return 1;
        }
        return wanted > 0 ? wanted : Math.max(1, EngineThreads.cores() / CORES_PER_LANE);
    }

    int count() {
        return count;
    }

    /** {@return what finds the best candidates of a batch where they are found on the device} */
    Optional<DeviceDetection> onDevice() {
        return onDevice;
    }

    RetinaNet network() {
        return network;
    }

    NDManager manager() {
        return manager;
    }

    ParameterStore parameters() {
        return parameters;
    }

    PackedWeights weights() {
        return weights;
    }

    Precision precision() {
        return precision;
    }

    void setPrecision(Precision precision) {
        precision.requireSupported(engine, manager.getDevice());
        this.precision = precision;
    }

    /** {@return whether the images of a batch gain nothing from passing the network together} */
    boolean passImagesSingly() {
        return Tape.supports(manager) || engine.roundsByBatch(manager.getDevice());
    }

    /**
     * Starts tasks, each of which calls {@link #outputs}.
     *
     * @return waits for them
     * @throws IllegalStateException if the lanes are closed
     */
    <T> Supplier<List<T>> start(List<Supplier<T>> tasks) {
        try {
            return threads.start(tasks);
        } catch (IllegalStateException e) {
            throw new IllegalStateException("the detector is closed", e);
        }
    }

    /** {@return the network's outputs on the calling thread, see {@link Detector#outputs}} */
    List<HeadOutput> outputs(FloatBuffer pixels, int images, ImageSize size, boolean training) {
        if (!training) {
            engine.recordNothing();
        }
        Shape shape = new Shape(images, 3, size.height(), size.width());
        if (Tape.supports(manager)) {
            try (Tape tape = Tape.inference(manager, precision, weights)) {
                return outputs(tape.enter(pixels, shape), training);
            }
        }
        try (NDManager step = manager.newSubManager()) {
            return outputs(precision.of(engine.create(step, pixels, shape)), training);
        }
    }

    private List<HeadOutput> outputs(NDArray input, boolean training) {
        return RetinaNet.read(network.forward(parameters, new NDList(input), training));
    }

    /** Waits for all tasks, and frees the memory. */
    @Override
    public void close() {
        threads.close();
        weights.close();
        manager.close();
    }
}
