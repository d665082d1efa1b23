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
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import com.sun.jna.Pointer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies {@link HostFunction}s to arrays of MXNet and PyTorch and records them, so that they take
 * part in the backward pass of a DJL {@code GradientCollector}: on MXNet of any, on PyTorch of
 * {@link #newGradientCollector}'s.
 *
 * <p>If a function's backward pass throws, {@link #backward} throws an {@link EngineException} with
 * that exception as its cause; so does reading an array that the function should have filled, where
 * MXNet runs asynchronously. DJL's own {@code backward} throws one without the cause.
 */
public final class HostFunctions {

    private HostFunctions() {}

    /**
     * Returns whether host functions can work on this array, one that {@linkplain #hasFloats has
     * floats}; on PyTorch not under a collector of DJL's own.
     */
    public static boolean supports(NDArray array) {
        return hasFloats(array) && (array instanceof MxNDArray || TorchTape.isReady());
    }

    /**
     * Returns whether an array's memory can be had by {@link #floats}: a float32 array of MXNet or
     * PyTorch on the CPU, of less than 2 GiB, as a buffer can hold.
     */
    public static boolean hasFloats(NDArray array) {
        return (array instanceof MxNDArray || array instanceof PtNDArray)
                && array.getDataType() == DataType.FLOAT32
                && !array.getDevice().isGpu()
                && array.size() <= Integer.MAX_VALUE / Float.BYTES;
    }

    /**
     * Applies a function, and records it if the engine is recording.
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
        if (output instanceof PtNDArray) {
            TorchTape.record(function, List.of(inputs), output);
        } else if (MxGradientCollector.isRecording()) {
            RecordedFunction.record(function, List.of(inputs), output);
        }
        return output;
    }

    /**
     * Starts to record on the current thread, to be closed on it.
     *
     * @param manager of the engine's arrays; owns what the backward pass needs
     */
    public static GradientCollector newGradientCollector(NDManager manager) {
        return manager instanceof PtNDManager
                ? new TorchTape(manager)
                : manager.getEngine().newGradientCollector();
    }

    /**
     * Makes sure that nothing is recorded on the current thread: PyTorch does, on every thread but
     * that which started it, until it is told not to.
     */
    public static void recordNothing(NDManager manager) {
        if (manager instanceof PtNDManager) {
            JniUtils.setGradMode(false);
        }
    }

    /**
     * Runs the backward pass from several arrays at once, each with its own gradient: equal to the
     * backward pass from sum(outputs * gradients).
     *
     * <p>MXNet writes gradients anew, PyTorch adds to them; see {@link #clearGradient}.
     *
     * @param collector the open collector under which the outputs were computed
     * @param gradients the gradient of the loss with respect to each output, of the same shapes
     * @throws EngineException if the engine or a host function fails
     */
    public static void backward(GradientCollector collector, NDList outputs, NDList gradients) {
        if (!outputs.stream().allMatch(MxNDArray.class::isInstance)) {
            NDArray sum = outputs.get(0).flatten().dot(gradients.get(0).flatten());
            for (int i = 1; i < outputs.size(); i++) {
                sum = sum.add(outputs.get(i).flatten().dot(gradients.get(i).flatten()));
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
     * Returns whether what convolutions make of an image is rounded in another way in a batch of
     * another size: PyTorch's on the CPU. They gain nothing from a batch there, so that images
     * should pass them one by one.
     */
    public static boolean roundsByBatch(NDManager manager) {
        return manager instanceof PtNDManager && !manager.getDevice().isGpu();
    }

    /**
     * Returns what the number of output channels of an array's convolution should be a multiple of:
     * MXNet's on the CPU compute other numbers by matrix products, which takes longer.
     */
    public static int fastChannelMultiple(NDArray array) {
        return array instanceof MxNDArray && hasFloats(array) ? 8 : 1;
    }

    /** Returns whether the backward pass adds to gradients, rather than writing them anew. */
    public static boolean addsToGradients(NDArray array) {
        return array instanceof PtNDArray;
    }

    /** Makes the gradient of an array zero where the engine's backward pass would add to it. */
    public static void clearGradient(NDArray array) {
        if (array instanceof PtNDArray torch) {
            try (NDArray gradient = JniUtils.getGradient(torch)) {
                if (gradient != null) {
                    JniUtils.zeroGrad(torch);
                }
            }
        }
    }

    /**
     * Returns the memory of an array, after every pending write to it. Writing to the buffer
     * changes the array.
     *
     * @param array an array for which {@link #hasFloats} holds; must outlive the buffer's use
     */
    public static FloatBuffer floats(NDArray array) {
        if (array instanceof PtNDArray) {
            return array.size() == 0
                    ? FloatBuffer.allocate(0)
                    : array.toByteBuffer(true).asFloatBuffer();
        }
        long handle = MxNetLibrary.handle(array);
        MxNetLibrary.check(MxNetLibrary.MXNDArrayWaitToRead(handle));
        return MxNetLibrary.floats(handle, array.size());
    }

    /**
     * Returns another array of the same memory, with no part in the tape and no gradient.
     *
     * @param array an array for which {@link #hasFloats} holds; must outlive the result
     * @param manager owns the result
     */
    public static NDArray share(NDArray array, NDManager manager) {
        if (array instanceof PtNDArray) {
            NDArray shared = array.stopGradient();
            shared.attach(manager);
            return shared;
        }
        return ((MxNDManager) manager).create(new Pointer(MxNetLibrary.detached(array)));
    }

    /** Returns a new array of these values, whatever its engine. */
    public static NDArray create(NDManager manager, float[] values, Shape shape) {
        return create(manager, FloatBuffer.wrap(values), shape);
    }

    /**
     * Returns a new array of a buffer's remaining values, whatever its engine. DJL's own way leaves
     * a direct buffer of that size to the garbage collector.
     *
     * @throws IllegalArgumentException if they are not as many as the shape says
     */
    public static NDArray create(NDManager manager, FloatBuffer values, Shape shape) {
        if (values.remaining() != shape.size()) {
            throw new IllegalArgumentException(values.remaining() + " values for shape " + shape);
        }
        NDArray array = manager.create(shape, DataType.FLOAT32);
        set(array, values);
        return array;
    }

    /**
     * Gives an array a buffer's remaining values, as many as it has, whatever its engine. MXNet
     * can't set an array by DJL's way that it has laid out anew for inference, as it does with
     * weights.
     */
    public static void set(NDArray array, FloatBuffer values) {
        if (hasFloats(array)) {
            floats(array).put(values.duplicate());
        } else {
            array.set(values.duplicate());
        }
    }

    /** Returns a copy of an array's values, whatever its engine, after every pending write. */
    public static float[] copy(NDArray array) {
        if (!hasFloats(array)) {
            return array.toFloatArray();
        }
        float[] values = new float[Math.toIntExact(array.size())];
        floats(array).get(0, values);
        return values;
    }
}
