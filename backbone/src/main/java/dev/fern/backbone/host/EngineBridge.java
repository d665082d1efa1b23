package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What lies between plain Java and one DJL engine: the memory of its arrays, its tape, and the
 * facts about it that its users must know. {@link #of(NDManager)} chooses the bridge of an engine;
 * no other code asks which engine it runs on. A bridge has no state.
 *
 * <p>{@link HostFunction}s that {@link #apply} records take part in the backward pass of {@link
 * #newGradientCollector}; on MXNet in that of any collector of DJL's. If a function's backward pass
 * throws, {@link #backward} throws an {@link EngineException} with that exception as its cause; so
 * does reading an array that the function should have filled, on the thread that recorded it, where
 * MXNet runs asynchronously. DJL's own {@code backward} throws one without the cause.
 */
public interface EngineBridge {

    /**
     * Returns the bridge to an engine; it is not started by this.
     *
     * @param engine DJL's name of the engine
     */
    static EngineBridge of(String engine) {
        return switch (engine) {
            case MxNetBridge.ENGINE -> MxNetBridge.INSTANCE;
            case TorchBridge.ENGINE -> TorchBridge.INSTANCE;
            default -> new OtherEngine(engine);
        };
    }

    /** Returns the bridge to the engine of a manager's arrays. */
    static EngineBridge of(NDManager manager) {
        return of(manager.getEngine().getEngineName());
    }

    /** Returns the bridge to the engine of an array. */
    static EngineBridge of(NDArray array) {
        return of(array.getManager());
    }

    /**
     * Starts the engine where it does not run yet, and returns a manager of its arrays.
     *
     * @param device where the arrays are
     * @return owned by the caller
     */
    NDManager newManager(Device device);

    /** Returns a manager of arrays on the CPU, see {@link #newManager(Device)}. */
    default NDManager newManager() {
        return newManager(Device.cpu());
    }

    /**
     * Returns how many threads gain from calling the engine at the same time, on the CPU; 1 or
     * more.
     */
    int lanes();

    /** Makes the engine's loops on the calling thread take no more than this number of cores. */
    void limitThreads(int cores);

    /**
     * Returns whether a convolution rounds an image otherwise in a batch of another size. Such an
     * engine gains nothing from a batch, so that images should pass it one by one.
     *
     * @param device where it computes
     */
    boolean roundsByBatch(Device device);

    /**
     * Returns what the number of output channels of a convolution should be a multiple of, lest it
     * be slow.
     *
     * @param device where it is computed
     */
    int fastChannelMultiple(Device device);

    /**
     * Returns whether {@link #floats} gives this array's memory: it is a float32 array on the CPU,
     * of less than 2 GiB, as a buffer can hold.
     */
    boolean lendsMemory(NDArray array);

    /**
     * Returns the memory of an array, after every pending write to it. Writing to the buffer
     * changes the array.
     *
     * @param array one that {@linkplain #lendsMemory lends its memory}; must outlive the buffer's
     *     use
     */
    FloatBuffer floats(NDArray array);

    /**
     * Returns another array of the same memory, with no part in the tape and no gradient.
     *
     * @param array one that {@linkplain #lendsMemory lends its memory}; must outlive the result
     * @param manager owns the result
     */
    NDArray share(NDArray array, NDManager manager);

    /** Returns whether {@link #apply} can work on this array, on the calling thread. */
    boolean supports(NDArray array);

    /**
     * Puts an application of a function on the calling thread's tape, if it records. {@link #apply}
     * is what other code calls.
     *
     * @param inputs as they were handed to the function
     * @param output its result
     */
    void record(HostFunction function, List<NDArray> inputs, NDArray output);

    /**
     * Starts to record on the calling thread, on which the collector is to be closed.
     *
     * @param manager of the engine's arrays; owns what the backward pass needs
     */
    GradientCollector newGradientCollector(NDManager manager);

    /**
     * Makes sure that nothing is recorded on the calling thread: PyTorch records on every thread
     * but the one that started it, until it is told not to.
     */
    void recordNothing();

    /**
     * Runs the backward pass from several arrays at once, each with its own gradient: equal to the
     * backward pass from sum(outputs * gradients).
     *
     * @param collector the open collector under which the outputs were computed
     * @param gradients the gradient of the loss with respect to each output, of the same shapes
     * @throws EngineException if the engine or a host function fails
     */
    void backward(GradientCollector collector, NDList outputs, NDList gradients);

    /** Returns whether the backward pass adds to gradients, rather than writing them anew. */
    boolean addsToGradients();

    /** Makes the gradient of an array zero where the engine's backward pass would add to it. */
    void clearGradient(NDArray array);

    /**
     * Applies a function, and records it if the engine is recording.
     *
     * @param function a fresh instance
     * @param inputs arrays that this bridge {@linkplain #supports supports}; the result belongs to
     *     the first one's manager
     * @return the function's result
     */
    default NDArray apply(HostFunction function, NDArray... inputs) {
        List<Shape> shapes = new ArrayList<>(inputs.length);
        List<FloatBuffer> values = new ArrayList<>(inputs.length);
        for (NDArray input : inputs) {
            shapes.add(input.getShape());
            values.add(floats(input));
        }
        NDArray output =
                inputs[0].getManager().create(function.outputShape(shapes), DataType.FLOAT32);
        function.forward(values, floats(output));
        record(function, List.of(inputs), output);
        return output;
    }

    /** Returns a new array of these values. */
    default NDArray create(NDManager manager, float[] values, Shape shape) {
        return create(manager, FloatBuffer.wrap(values), shape);
    }

    /**
     * Returns a new array of a buffer's remaining values. DJL's own way leaves a direct buffer of
     * that size to the garbage collector.
     *
     * @throws IllegalArgumentException if they are not as many as the shape says
     */
    default NDArray create(NDManager manager, FloatBuffer values, Shape shape) {
        if (values.remaining() != shape.size()) {
            throw new IllegalArgumentException(values.remaining() + " values for shape " + shape);
        }
        NDArray array = manager.create(shape, DataType.FLOAT32);
        set(array, values);
        return array;
    }

    /**
     * Gives an array a buffer's remaining values, as many as it has. DJL's own way fails on arrays
     * that MXNet has laid out anew for inference, as it does with weights.
     */
    default void set(NDArray array, FloatBuffer values) {
        if (lendsMemory(array)) {
            floats(array).put(values.duplicate());
        } else {
            array.set(values.duplicate());
        }
    }

    /** Returns a copy of an array's values, after every pending write. */
    default float[] copy(NDArray array) {
        if (!lendsMemory(array)) {
            return array.toFloatArray();
        }
        float[] values = new float[Math.toIntExact(array.size())];
        floats(array).get(0, values);
        return values;
    }

    /** Returns whether a buffer can hold the values of a float32 array on the CPU. */
    static boolean fitsBuffer(NDArray array) {
        return array.getDataType() == DataType.FLOAT32
                && !array.getDevice().isGpu()
                && array.size() <= Integer.MAX_VALUE / Float.BYTES;
    }
}
