package dev.fern.backbone.host;

import ai.djl.mxnet.engine.MxGradientCollector;
import ai.djl.mxnet.engine.MxNDArray;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.sun.jna.CallbackReference;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Applies {@link HostFunction}s to MXNet arrays and records them on MXNet's tape, so that they take
 * part in the backward pass of a DJL {@code GradientCollector}.
 *
 * <p>What MXNet may still call or read stays reachable in {@link #RECORDED} until MXNet says by its
 * delete callback that it is done. An exception in a callback, which must not cross native frames,
 * is kept and thrown by {@link #rethrowFailure()}.
 */
public final class HostFunctions {

    private static final int REQUEST_NULL = 0;
    private static final int REQUEST_ADD = 3;

    private static final Map<Long, Application> RECORDED = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT_ID = new AtomicLong(1);
    private static final AtomicReference<Throwable> FAILURE = new AtomicReference<>();

    private static final MxNetLibrary.BackwardCallback BACKWARD = HostFunctions::backward;
    private static final MxNetLibrary.DeleteCallback DELETE = HostFunctions::delete;

    private HostFunctions() {}

    /** Returns whether host functions can work on this array: a float32 MXNet array on the CPU. */
    public static boolean supports(NDArray array) {
        return array instanceof MxNDArray
                && array.getDataType() == DataType.FLOAT32
                && !array.getDevice().isGpu();
    }

    /**
     * Applies a function, and records it if MXNet is recording.
     *
     * @param function a fresh instance
     * @param inputs arrays for which {@link #supports} holds; the result belongs to the first one's
     *     manager
     * @return the function's result
     */
    public static NDArray apply(HostFunction function, NDArray... inputs) {
        List<Shape> shapes = new ArrayList<>(inputs.length);
        List<FloatBuffer> values = new ArrayList<>(inputs.length);
        for (NDArray input : inputs) {
            shapes.add(input.getShape());
            values.add(floats(input));
        }
        NDArray output =
                inputs[0].getManager().create(function.outputShape(shapes), DataType.FLOAT32);
        function.forward(values, floats(output));
        if (MxGradientCollector.isRecording()) {
            record(function, inputs, output);
        }
        return output;
    }

    /**
     * Runs the backward pass from several arrays at once, each with its own gradient: equal to the
     * backward pass from sum(outputs * gradients).
     *
     * @param collector the open collector under which the outputs were computed
     * @param gradients the gradient of the loss with respect to each output, of the same shapes
     */
    public static void backward(GradientCollector collector, NDList outputs, NDList gradients) {
        if (!outputs.stream().allMatch(MxNDArray.class::isInstance)) {
            NDArray sum = outputs.get(0).mul(gradients.get(0)).sum();
            for (int i = 1; i < outputs.size(); i++) {
                sum = sum.add(outputs.get(i).mul(gradients.get(i)).sum());
            }
            collector.backward(sum);
            return;
        }
        Memory heads = handles(outputs.toArray(new NDArray[0]));
        Memory headGradients = handles(gradients.toArray(new NDArray[0]));
        int status = MxNetLibrary.MXAutogradBackward(outputs.size(), heads, headGradients, 0);
        rethrowFailure();
        MxNetLibrary.check(status);
    }

    /**
     * Throws what a host function's backward pass threw since the last call, if it did.
     *
     * @throws IllegalStateException caused by the function's own exception
     */
    public static void rethrowFailure() {
        Throwable failure = FAILURE.getAndSet(null);
        if (failure != null) {
            throw new IllegalStateException("a host function failed in the backward pass", failure);
        }
    }

    /**
     * Returns the memory of an array, after every pending write to it. Writing to the buffer
     * changes the array.
     *
     * @param array an array for which {@link #supports} holds; must outlive the buffer's use
     */
    public static FloatBuffer floats(NDArray array) {
        return floats(((MxNDArray) array).getHandle(), array.size());
    }

    /** Returns a copy of an array's values, whatever its engine, after every pending write. */
    public static float[] copy(NDArray array) {
        if (!supports(array)) {
            return array.toFloatArray();
        }
        float[] values = new float[Math.toIntExact(array.size())];
        floats(array).get(0, values);
        return values;
    }

    /** Returns how many recorded applications MXNet still holds. */
    static int recordedCount() {
        return RECORDED.size();
    }

    private static FloatBuffer floats(Pointer handle, long size) {
        if (size == 0) {
            return FloatBuffer.allocate(0);
        }
        return MxNetLibrary.data(handle).getByteBuffer(0, size * Float.BYTES).asFloatBuffer();
    }

    private static void record(HostFunction function, NDArray[] inputs, NDArray output) {
        long id = NEXT_ID.getAndIncrement();
        Application application = new Application(function, inputs, output, id);
        RECORDED.put(id, application);
        int status =
                MxNetLibrary.MXCustomFunctionRecord(
                        inputs.length,
                        handles(inputs),
                        1,
                        handles(output),
                        application.callbackList);
        MxNetLibrary.check(status);
    }

    private static Memory handles(NDArray... arrays) {
        Memory memory = new Memory((long) arrays.length * Native.POINTER_SIZE);
        for (int i = 0; i < arrays.length; i++) {
            memory.setPointer((long) i * Native.POINTER_SIZE, ((MxNDArray) arrays[i]).getHandle());
        }
        return memory;
    }

    private static int backward(
            int outputGradients,
            int inputGradients,
            Pointer handles,
            Pointer requests,
            int training,
            Pointer state) {
        Pointer[] arrays = handles.getPointerArray(0, outputGradients + inputGradients);
        try {
            RECORDED.get(Pointer.nativeValue(state))
                    .backward(arrays, requests.getIntArray(0, inputGradients));
            return 1;
        } catch (Throwable t) { // must not unwind through native frames
            FAILURE.compareAndSet(null, t);
            return 0;
        } finally {
            for (Pointer array : arrays) {
                MxNetLibrary.MXNDArrayFree(array);
            }
        }
    }

    private static int delete(Pointer state) {
        Application application = RECORDED.remove(Pointer.nativeValue(state));
        if (application != null) {
            application.release();
        }
        return 1;
    }

    /** One recorded application: keeps its inputs' and output's memory until MXNet is done. */
    private static final class Application {

        private final HostFunction function;
        private final Pointer[] inputs;
        private final long[] inputSizes;
        private final Pointer output;
        private final long outputSize;
        private final Memory callbackList;

        Application(HostFunction function, NDArray[] inputs, NDArray output, long id) {
            this.function = function;
            this.inputs = new Pointer[inputs.length];
            this.inputSizes = new long[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                this.inputs[i] = MxNetLibrary.shallowCopy(((MxNDArray) inputs[i]).getHandle());
                this.inputSizes[i] = inputs[i].size();
            }
            // Copied before it is recorded: the copy does not refer to the tape, so no cycle.
            this.output = MxNetLibrary.shallowCopy(((MxNDArray) output).getHandle());
            this.outputSize = output.size();
            this.callbackList = callbackList(id);
        }

        /** Lays out {@code struct MXCallbackList} with its two arrays behind it. */
        private static Memory callbackList(long id) {
            long word = Native.POINTER_SIZE;
            Memory memory = new Memory(7 * word);
            memory.clear();
            memory.setInt(0, 2);
            memory.setPointer(word, memory.share(3 * word));
            memory.setPointer(2 * word, memory.share(5 * word));
            memory.setPointer(3 * word, CallbackReference.getFunctionPointer(BACKWARD));
            memory.setPointer(4 * word, CallbackReference.getFunctionPointer(DELETE));
            memory.setPointer(5 * word, new Pointer(id));
            memory.setPointer(6 * word, new Pointer(id));
            return memory;
        }

        void backward(Pointer[] arrays, int[] requests) {
            List<FloatBuffer> values = new ArrayList<>(inputs.length);
            List<FloatBuffer> gradients = new ArrayList<>(inputs.length);
            for (int i = 0; i < inputs.length; i++) {
                values.add(floats(inputs[i], inputSizes[i]));
                boolean direct = requests[i] != REQUEST_NULL && requests[i] != REQUEST_ADD;
                gradients.add(
                        direct
                                ? floats(arrays[1 + i], inputSizes[i])
                                : FloatBuffer.allocate(Math.toIntExact(inputSizes[i])));
            }
            function.backward(
                    values, floats(output, outputSize), floats(arrays[0], outputSize), gradients);
            for (int i = 0; i < inputs.length; i++) {
                if (requests[i] == REQUEST_ADD) {
                    add(gradients.get(i), floats(arrays[1 + i], inputSizes[i]));
                }
            }
        }

        private static void add(FloatBuffer terms, FloatBuffer sums) {
            for (int i = 0; i < sums.capacity(); i++) {
                sums.put(i, sums.get(i) + terms.get(i));
            }
        }

        void release() {
            for (Pointer input : inputs) {
                MxNetLibrary.MXNDArrayFree(input);
            }
            MxNetLibrary.MXNDArrayFree(output);
        }
    }
}
