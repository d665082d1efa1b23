package dev.fern.backbone.host;

import ai.djl.engine.EngineException;
import ai.djl.mxnet.engine.MxGradientCollector;
import ai.djl.mxnet.engine.MxNDArray;
import ai.djl.mxnet.engine.MxNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.sun.jna.Pointer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies {@link HostFunction}s to MXNet arrays and records them on MXNet's tape, so that they take
 * part in the backward pass of a DJL {@code GradientCollector}.
 *
 * <p>If a function's backward pass throws, {@link #backward} throws an {@link EngineException} with
 * that exception as its cause; so does reading an array that the function should have filled, where
 * MXNet runs asynchronously. DJL's own {@code backward} throws one without the cause.
 */
public final class HostFunctions {

    private HostFunctions() {}

    /**
     * Returns whether host functions can work on this array: a float32 MXNet array on the CPU, of
     * less than 2 GiB, as a buffer can hold.
     */
    public static boolean supports(NDArray array) {
        return array instanceof MxNDArray
                && array.getDataType() == DataType.FLOAT32
                && !array.getDevice().isGpu()
                && array.size() <= Integer.MAX_VALUE / Float.BYTES;
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
            RecordedFunction.record(function, List.of(inputs), output);
        }
        return output;
    }

    /**
     * Runs the backward pass from several arrays at once, each with its own gradient: equal to the
     * backward pass from sum(outputs * gradients).
     *
     * @param collector the open collector under which the outputs were computed
     * @param gradients the gradient of the loss with respect to each output, of the same shapes
     * @throws EngineException if MXNet or a host function fails
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
        MxNetLibrary.forgetFailure();
        MxNetLibrary.check(
                MxNetLibrary.MXAutogradBackward(
                        outputs.size(),
                        MxNetLibrary.handles(outputs),
                        MxNetLibrary.handles(gradients),
                        0));
    }

    /**
     * Returns the memory of an array, after every pending write to it. Writing to the buffer
     * changes the array.
     *
     * @param array an array for which {@link #supports} holds; must outlive the buffer's use
     */
    public static FloatBuffer floats(NDArray array) {
        long handle = MxNetLibrary.handle(array);
        MxNetLibrary.check(MxNetLibrary.MXNDArrayWaitToRead(handle));
        return MxNetLibrary.floats(handle, array.size());
    }

    /**
     * Returns another array of the same memory, with no part in the tape and no gradient.
     *
     * @param array an array for which {@link #supports} holds; must outlive the result
     * @param manager owns the result
     */
    public static NDArray share(NDArray array, NDManager manager) {
        return ((MxNDManager) manager).create(new Pointer(MxNetLibrary.detached(array)));
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
}
