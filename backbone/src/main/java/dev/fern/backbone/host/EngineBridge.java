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
import java.util.function.Consumer;

/**
 * Connects plain Java to one DJL engine: to the memory of its arrays, to its tape, and to the facts
 * about it that its users must know. {@link #of(NDManager)} chooses the bridge of an engine; no
 * other code asks which engine it runs on. A bridge has no settings, so that all users of an engine
 * can share one. The default methods are what is true of an engine of which nothing is known but
 * DJL's interfaces.
 *
 * <p>A {@link HostFunction} that {@link #apply} records takes part in the backward pass of a
 * collector of {@link #newGradientCollector}; on MXNet it takes part in that of DJL's own
 * collectors too. If the function's backward pass throws, {@link #backward} throws an {@link
 * EngineException} with that exception as its cause. Where MXNet runs asynchronously, {@link
 * #floats} of an array that the function should have filled throws it, on the thread that recorded
 * the function. DJL's own {@code backward} throws an {@link EngineException} without the cause.
 *
 * <p>Long because the promises of all engines stand here, and what is true of any engine.
 */
public interface EngineBridge {

    /**
     * Name of the system property that keeps MXNet from writing to standard error when it starts,
     * if it is {@code true}: nothing is written to the process's standard error meanwhile.
     */
    String QUIET_START = "fern.quietStart";

    /**
     * Name of the system property that, if it is {@code true}, lets PyTorch compute on the CPU as
     * on a GPU: by its own operators and {@link TorchScript}, and trainings stay on the device. It
     * is looked at where a manager is made that has no parent, and holds for all arrays under it.
     */
    String OPERATORS = "fern.operators";

    /**
     * {@return the bridge to an engine} This does not start the engine.
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

    /**
     * Checks that an engine and a device can be used, starts the engine and makes a manager.
     *
     * @param engine DJL's name of the engine
     * @param device where the manager's arrays are
     * @return the manager, which the caller closes
     * @throws IllegalArgumentException if the engine can't be used here or does not see the device
     */
    static NDManager newManager(String engine, Device device) {
        InstalledEngines.require(engine);
        NDManager manager = of(engine).newManager(device);
        try {
            Devices.requireSeen(device, manager.getEngine());
            return manager;
        } catch (IllegalArgumentException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * {@return the bridge to the engine of a manager's arrays}
     *
     * @param manager of any engine
     */
    static EngineBridge of(NDManager manager) {
        EngineBridge bridge = of(manager.getEngine().getEngineName());
        return bridge == TorchBridge.INSTANCE ? TorchBridge.of(manager) : bridge;
    }

    /**
     * {@return the bridge to the engine of an array}
     *
     * @param array of any engine, not closed
     */
    static EngineBridge of(NDArray array) {
        return array instanceof HostArray host ? host.bridge() : of(array.getManager());
    }

    /** {@return DJL's name of the engine} */
    String engine();

    /**
     * Starts the engine where it does not run yet, and makes a manager of its arrays.
     *
     * @param device where the manager's arrays are
     * @return the manager, which the caller closes
     * @throws NativeCacheException if there is no private place for the engine's libraries
     */
    default NDManager newManager(Device device) {
        NativeCache.prepareEngines();
        return NDManager.newBaseManager(device, engine());
    }

    /**
     * {@return a new manager of arrays on the CPU, which the caller closes} See {@link
     * #newManager(Device)}.
     */
    default NDManager newManager() {
        return newManager(Device.cpu());
    }

    /**
     * {@return the number of threads that can call the engine at the same time, on the CPU, and
     * gain time by it; 1 or more}
     */
    default int lanes() {
        return 1;
    }

    /**
     * Keeps the engine's loops on the calling thread to a number of cores. On engines other than
     * MXNet this does nothing.
     *
     * @param cores 1 or more
     */
    default void limitThreads(int cores) {}

    /**
     * {@return whether a convolution rounds an image's values differently in a batch of another
     * size} Such an engine gains nothing from a batch, so its images should pass through the
     * network one by one.
     *
     * @param device where the convolution is computed
     */
    default boolean roundsByBatch(Device device) {
        return false;
    }

    /**
     * {@return whether functions are to be computed by {@link TorchScript} on a device} They are by
     * PyTorch on GPUs, and on the CPU where {@link #OPERATORS} says so.
     *
     * @param device of the arrays
     */
    default boolean runsScripts(Device device) {
        return false;
    }

    /** {@return whether there are arrays on the CPU that lend their memory} */
    default boolean lends() {
        return false;
    }

    /**
     * {@return whether {@link #floats} gives this array's memory} On MXNet and PyTorch it does
     * where the array is float32, on the CPU, and smaller than 2 GiB, the most that a buffer can
     * hold; on other engines it never does.
     *
     * @param array of this bridge's engine
     */
    default boolean lendsMemory(NDArray array) {
        return false;
    }

    /**
     * {@return the memory of an array, in C order, after every pending write to it} Writing to the
     * buffer changes the array.
     *
     * @param array one that {@linkplain #lendsMemory lends its memory}; it must stay open while the
     *     buffer is used
     */
    default FloatBuffer floats(NDArray array) {
        throw new UnsupportedOperationException(engine() + " does not lend the memory of arrays");
    }

    /**
     * {@return the memory of an array's gradient, direct} Its values are anything until they are
     * written.
     *
     * @param array one that {@linkplain #lendsMemory lends its memory} and requires a gradient; it
     *     must stay open while the buffer is used
     */
    default FloatBuffer gradient(NDArray array) {
        throw new UnsupportedOperationException(engine() + " does not lend the memory of arrays");
    }

    /**
     * {@return another array of the same memory, which has no part in the tape and no gradient}
     *
     * @param array one that {@linkplain #lendsMemory lends its memory}; it must stay open while the
     *     result is used
     * @param manager owns the result
     */
    default NDArray share(NDArray array, NDManager manager) {
        throw new UnsupportedOperationException(engine() + " does not lend the memory of arrays");
    }

    /**
     * {@return whether {@link #apply} can work on this array, on the calling thread} It can if the
     * array {@linkplain #lendsMemory lends its memory}. On PyTorch the thread must moreover record
     * by {@link #newGradientCollector} or not at all, since DJL's own collector would lose the
     * gradients of what a function depends on.
     *
     * @param array of this bridge's engine
     */
    default boolean supports(NDArray array) {
        return false;
    }

    /**
     * Puts an application of a function on the calling thread's tape, if the thread records. Only
     * {@link #apply} calls this.
     *
     * @param function the function, whose forward pass has run
     * @param inputs the arrays whose values it was given, in that order
     * @param output the array that it filled
     */
    default void record(HostFunction function, List<NDArray> inputs, NDArray output) {
        throw new UnsupportedOperationException("host functions do not run on " + engine());
    }

    /**
     * Starts to record on the calling thread.
     *
     * @param manager of the engine's arrays; owns what the backward pass needs
     * @return the collector, which the caller closes on the same thread
     */
    default GradientCollector newGradientCollector(NDManager manager) {
        return manager.getEngine().newGradientCollector();
    }

    /**
     * Makes sure that nothing is recorded on the calling thread. PyTorch records on every thread
     * but the one that started it, until it is told not to.
     */
    default void recordNothing() {}

    /**
     * Runs the backward pass from several arrays at once, each with its own gradient: equal to the
     * backward pass from sum(outputs * gradients).
     *
     * @param collector the open collector under which the outputs were computed
     * @param outputs where the backward pass starts; at least one array
     * @param gradients the gradient of the loss with respect to each output, of the same shapes
     * @throws EngineException if the engine or a host function fails
     */
    default void backward(GradientCollector collector, NDList outputs, NDList gradients) {
        NDArray sum = outputs.get(0).flatten().dot(gradients.get(0).flatten());
        for (int i = 1; i < outputs.size(); i++) {
            sum = sum.add(outputs.get(i).flatten().dot(gradients.get(i).flatten()));
        }
        collector.backward(sum);
    }

    /**
     * {@return whether a backward pass adds to the gradients that arrays have, rather than writing
     * them anew}
     */
    default boolean addsToGradients() {
        return false;
    }

    /**
     * Makes the gradient of an array zero where the engine's backward pass would add to it, and
     * does nothing elsewhere.
     *
     * @param array one that requires a gradient; it need not have one yet
     */
    default void clearGradient(NDArray array) {}

    /**
     * Applies a function, and records it if the engine is recording.
     *
     * @param function a fresh instance
     * @param inputs arrays that this bridge {@linkplain #supports supports}
     * @return the function's result, which belongs to the manager of the first input
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

    /**
     * {@return a new float32 array of these values}
     *
     * @param manager owns the result
     * @param values in C order
     * @param shape of the result
     * @throws IllegalArgumentException if the values are not as many as the shape says
     */
    default NDArray create(NDManager manager, float[] values, Shape shape) {
        return create(manager, FloatBuffer.wrap(values), shape);
    }

    /**
     * {@return a new float32 array of a buffer's remaining values} DJL's own {@code create} leaves
     * a direct buffer of that size to the garbage collector.
     *
     * @param manager owns the result
     * @param values in C order; the buffer's position does not move
     * @param shape of the result
     * @throws IllegalArgumentException if the values are not as many as the shape says
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
     * {@return a new float32 array whose values are written to a buffer, where it can be to the
     * array's own memory}
     *
     * @param manager owns the result
     * @param shape of the result
     * @param writer is given a buffer that starts at 0, is as large as the array, and whose values
     *     are anything; its position need not move
     */
    default NDArray create(NDManager manager, Shape shape, Consumer<FloatBuffer> writer) {
        NDArray array = manager.create(shape, DataType.FLOAT32);
        if (lendsMemory(array)) {
            writer.accept(floats(array));
        } else {
            FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(shape.size()));
            writer.accept(values);
            set(array, values.rewind());
        }
        return array;
    }

    /**
     * {@return a new float32 array on the device of a manager} Its values are written to the
     * array's own memory on the CPU. For a GPU PyTorch gives memory from which the device copies
     * them while the host goes on, and which it uses again from call to call.
     *
     * @param manager owns the result
     * @param shape of the result
     * @param writer is given a buffer that starts at 0, is as large as the array, and whose values
     *     are anything; its position need not move
     */
    default NDArray upload(NDManager manager, Shape shape, Consumer<FloatBuffer> writer) {
        Transfers.addToDevice();
        return create(manager, shape, writer);
    }

    /**
     * Overwrites an array with a buffer's remaining values. DJL's own {@code set} fails on arrays
     * that MXNet has laid out anew for inference, as it does with weights.
     *
     * @param array float32, on any device
     * @param values in C order, as many as the array has; the buffer's position does not move
     */
    default void set(NDArray array, FloatBuffer values) {
        if (lendsMemory(array)) {
            floats(array).put(values.duplicate());
        } else {
            Transfers.addToDevice();
            array.set(values.duplicate());
        }
    }

    /**
     * {@return the memory of an array, or a copy of its values where it does not lend its memory,
     * after every pending write}
     *
     * @param array must outlive the use of the buffer; writing to the buffer changes the array if
     *     it {@linkplain #lendsMemory lends its memory}
     */
    default FloatBuffer values(NDArray array) {
        return lendsMemory(array) ? floats(array) : FloatBuffer.wrap(copy(array));
    }

    /**
     * {@return a copy of an array's values, in C order, after every pending write to it}
     *
     * @param array float32, on any device
     */
    default float[] copy(NDArray array) {
        if (!lendsMemory(array)) {
            Transfers.addToHost();
            return array.toFloatArray();
        }
        float[] values = new float[Math.toIntExact(array.size())];
        floats(array).get(0, values);
        return values;
    }

    /**
     * {@return whether an array is float32, on the CPU, and smaller than 2 GiB, so that a buffer
     * can be its memory}
     *
     * @param array of any engine
     */
    static boolean fitsBuffer(NDArray array) {
        // DJL ends the process when it is asked for a type that it does not know, such as bfloat16.
        return !array.getDevice().isGpu()
                && array.getDataType() == DataType.FLOAT32
                && array.size() <= Integer.MAX_VALUE / Float.BYTES;
    }
}
