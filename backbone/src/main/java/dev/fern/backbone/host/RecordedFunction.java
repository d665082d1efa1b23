package dev.fern.backbone.host;

import ai.djl.ndarray.NDArray;
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

/**
 * One application of a {@link HostFunction} on MXNet's tape. It stays reachable until MXNet says by
 * its delete callback that it will not call it again; the memory of its inputs and output, until
 * then or until its backward pass, of which there is one, has run.
 */
final class RecordedFunction {

    private static final int REQUEST_NULL = 0;
    private static final int REQUEST_ADD = 3;

    private static final Map<Long, RecordedFunction> RECORDED = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT_ID = new AtomicLong(1);

    private static final MxNetLibrary.BackwardCallback BACKWARD = RecordedFunction::backward;
    private static final MxNetLibrary.DeleteCallback DELETE = RecordedFunction::delete;

    private final HostFunction function;

    /** Handles of the inputs and, last, the output. */
    private final List<Long> arrays = new ArrayList<>();

    private final List<Long> sizes = new ArrayList<>();
    private final Memory callbacks;

    private RecordedFunction(long id, HostFunction function, List<NDArray> inputs, NDArray output) {
        this.function = function;
        inputs.forEach(this::keep);
        keep(output);
        callbacks = callbackList(id);
    }

    /** Keeps an array's memory, but not its history: no recorded function frees another. */
    private void keep(NDArray array) {
        arrays.add(MxNetLibrary.detached(array));
        sizes.add(array.size());
    }

    /** Records an application on the tape of the current thread, which must be recording. */
    static void record(HostFunction function, List<NDArray> inputs, NDArray output) {
        long id = NEXT_ID.getAndIncrement();
        RecordedFunction recorded = new RecordedFunction(id, function, inputs, output);
        RECORDED.put(id, recorded);
        int status =
                MxNetLibrary.MXCustomFunctionRecord(
                        inputs.size(),
                        MxNetLibrary.handles(inputs),
                        1,
                        MxNetLibrary.handles(List.of(output)),
                        recorded.callbacks);
        if (status != 0) {
            delete(new Pointer(id));
        }
        MxNetLibrary.check(status);
    }

    /** Returns how many applications MXNet still holds. */
    static int count() {
        return RECORDED.size();
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

    private static int backward(
            int outputGradients,
            int inputGradients,
            Pointer handles,
            Pointer requests,
            int training,
            Pointer id) {
        long[] gradients = handles.getLongArray(0, outputGradients + inputGradients);
        try {
            RECORDED.get(Pointer.nativeValue(id))
                    .backward(gradients, requests.getIntArray(0, inputGradients));
            return 1;
        } catch (Throwable t) { // must not unwind through native frames
            MxNetLibrary.callbackFailed(t);
            return 0;
        } finally {
            for (long gradient : gradients) {
                MxNetLibrary.MXNDArrayFree(gradient);
            }
        }
    }

    private static int delete(Pointer id) {
        RecordedFunction recorded = RECORDED.remove(Pointer.nativeValue(id));
        if (recorded != null) {
            recorded.release();
            recorded.callbacks.close();
        }
        return 1;
    }

    private void release() {
        arrays.forEach(MxNetLibrary::MXNDArrayFree);
        arrays.clear();
    }

    /**
     * Calls the function's backward pass. Waits for no array: the inputs were ready before the
     * forward pass, and what may have been asked of the engine since, as a parameter's update,
     * waits for this call.
     *
     * @param handles the gradients of the output and of every input
     */
    private void backward(long[] handles, int[] requests) {
        int inputs = requests.length;
        List<FloatBuffer> values = new ArrayList<>(inputs);
        List<FloatBuffer> gradients = new ArrayList<>(inputs);
        for (int i = 0; i < inputs; i++) {
            values.add(MxNetLibrary.floats(arrays.get(i), sizes.get(i)));
            gradients.add(
                    requests[i] == REQUEST_NULL || requests[i] == REQUEST_ADD
                            ? FloatBuffer.allocate(Math.toIntExact(sizes.get(i)))
                            : MxNetLibrary.floats(handles[1 + i], sizes.get(i)));
        }
        long outputSize = sizes.get(inputs);
        function.backward(
                values,
                MxNetLibrary.floats(arrays.get(inputs), outputSize),
                MxNetLibrary.floats(handles[0], outputSize),
                gradients);
        for (int i = 0; i < inputs; i++) {
            if (requests[i] == REQUEST_ADD) {
                add(gradients.get(i), MxNetLibrary.floats(handles[1 + i], sizes.get(i)));
            }
        }
        release();
    }

    private static void add(FloatBuffer terms, FloatBuffer sums) {
        for (int i = 0; i < sums.capacity(); i++) {
            sums.put(i, sums.get(i) + terms.get(i));
        }
    }
}
