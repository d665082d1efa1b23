package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.mxnet.engine.MxGradientCollector;
import ai.djl.mxnet.engine.MxNDManager;
import ai.djl.mxnet.jna.JnaUtils;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import com.sun.jna.CallbackReference;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The bridge to MXNet: host functions become custom functions on its own tape, and arrays lend
 * their memory.
 *
 * <p>MXNet calls a recorded function's backward pass on a thread of its own. What the function
 * throws can't cross the native frames. It is left with the thread that recorded the function,
 * which throws it when MXNet has reported the failure.
 */
final class MxNetBridge implements EngineBridge {

    /** DJL's name of the engine. */
    static final String ENGINE = "MXNet";

    static final MxNetBridge INSTANCE = new MxNetBridge();

    private static final int STANDARD_ERROR = 2;
    private static final int WRITE_ONLY = 1;

    /**
     * What a host function threw in its backward pass, kept for the thread that recorded the
     * function until that thread throws it.
     */
    private static final ThreadLocal<AtomicReference<Throwable>> FAILURE =
            ThreadLocal.withInitial(AtomicReference::new);

    private MxNetBridge() {}

    @Override
    public String engine() {
        return ENGINE;
    }

    /** The C library's calls on file descriptors. */
    private static final class CLibrary {
        static {
            Native.register(CLibrary.class, Platform.C_LIBRARY_NAME);
        }

        static native int open(String path, int flags);

        static native int dup(int descriptor);

        static native int dup2(int from, int to);

        static native int close(int descriptor);
    }

    /**
     * Starts MXNet: at the first call on any thread. It then writes a line to standard error where
     * its engine is set to another than its default. A program whose standard error is its own, as
     * a command line's is, may set {@link EngineBridge#QUIET_START} to lose what the process writes
     * there meanwhile.
     */
    @Override
    public NDManager newManager(Device device) {
        NativeCache.prepareEngines();
        if (!Boolean.getBoolean(QUIET_START) || Platform.isWindows()) {
            return NDManager.newBaseManager(device, ENGINE);
        }
        int saved = CLibrary.dup(STANDARD_ERROR);
        int nothing = CLibrary.open("/dev/null", WRITE_ONLY);
        CLibrary.dup2(nothing, STANDARD_ERROR);
        try {
            NDManager manager = NDManager.newBaseManager(device, ENGINE);
            JnaUtils.waitAll(); // MXNet starts at the first call that needs it
            return manager;
        } finally {
            CLibrary.dup2(saved, STANDARD_ERROR);
            CLibrary.close(nothing);
            CLibrary.close(saved);
        }
    }

    /**
     * One convolution gains little from a second core, while two convolutions of different images,
     * on one core each, use both cores nearly in full. This needs the NaiveEngine, which runs an
     * operator on the thread that asks for it and keeps scratch memory per thread; MXNet's other
     * engines make threads take turns.
     */
    @Override
    public int lanes() {
        return "NaiveEngine".equals(System.getenv("MXNET_ENGINE_TYPE")) ? EngineThreads.cores() : 1;
    }

    @Override
    public void limitThreads(int cores) {
        MxNetLibrary.check(MxNetLibrary.MXSetNumOMPThreads(cores));
    }

    @Override
    public boolean lends() {
        return true;
    }

    @Override
    public FloatBuffer gradient(NDArray array) {
        try (NDArray gradient = array.getGradient()) {
            return floats(gradient); // the array keeps the memory
        }
    }

    @Override
    public boolean lendsMemory(NDArray array) {
        return EngineBridge.fitsBuffer(array);
    }

    @Override
    public FloatBuffer floats(NDArray array) {
        long handle = MxNetLibrary.handle(array);
        check(MxNetLibrary.MXNDArrayWaitToRead(handle));
        return MxNetLibrary.floats(handle, array.size());
    }

    @Override
    public NDArray share(NDArray array, NDManager manager) {
        return ((MxNDManager) manager).create(new Pointer(MxNetLibrary.detached(array)));
    }

    @Override
    public boolean supports(NDArray array) {
        return lendsMemory(array);
    }

    @Override
    public void record(HostFunction function, List<NDArray> inputs, NDArray output) {
        if (MxGradientCollector.isRecording()) {
            RecordedFunction.record(function, inputs, output);
        }
    }

    @Override
    public void backward(GradientCollector collector, NDList outputs, NDList gradients) {
        FAILURE.get().set(null); // DJL's own backward pass may have left one
        check(
                MxNetLibrary.MXAutogradBackward(
                        outputs.size(),
                        MxNetLibrary.handles(outputs),
                        MxNetLibrary.handles(gradients),
                        0));
    }

    /**
     * Checks the status that a function of MXNet's returned.
     *
     * @throws EngineException if MXNet failed; its cause is what a host function threw, if one did
     */
    private static void check(int status) {
        if (status == 0) {
            return;
        }
        Throwable cause = FAILURE.get().getAndSet(null);
        if (cause != null) {
            throw new EngineException(
                    "a host function failed in the backward pass: " + cause, cause);
        }
        MxNetLibrary.check(status);
    }

    /** {@return the number of applications that MXNet still holds} */
    static int recorded() {
        return RecordedFunction.RECORDED.size();
    }

    /**
     * One application of a {@link HostFunction} on MXNet's tape. It stays reachable until MXNet
     * calls the delete callback, after which it is not called again. The memory of its inputs and
     * output is kept until its only backward pass has run, or until the delete callback if there is
     * none.
     */
    private static final class RecordedFunction {

        private static final int REQUEST_NULL = 0;
        private static final int REQUEST_ADD = 3;

        private static final Map<Long, RecordedFunction> RECORDED = new ConcurrentHashMap<>();
        private static final AtomicLong NEXT_ID = new AtomicLong(1);

        private static final MxNetLibrary.BackwardCallback BACKWARD = RecordedFunction::backward;
        private static final MxNetLibrary.DeleteCallback DELETE = RecordedFunction::delete;

        private final HostFunction function;
        private final AtomicReference<Throwable> failure = FAILURE.get();

        /** Handles of the inputs and, last, of the output. */
        private final List<Long> arrays = new ArrayList<>();

        private final List<Long> sizes = new ArrayList<>();
        private final Memory callbacks;

        private RecordedFunction(
                long id, HostFunction function, List<NDArray> inputs, NDArray output) {
            this.function = function;
            inputs.forEach(this::keep);
            keep(output);
            callbacks = callbackList(id);
        }

        /**
         * Keeps an array's memory but not its history, so that to free one recorded function never
         * frees another.
         */
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
            RecordedFunction recorded = RECORDED.get(Pointer.nativeValue(id));
            try {
                recorded.backward(gradients, requests.getIntArray(0, inputGradients));
                return 1;
            } catch (Throwable t) { // an exception must not unwind through native frames
                if (recorded != null) {
                    recorded.failure.compareAndSet(null, t); // of several, the first is told
                }
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
         * Calls the function's backward pass. It waits for no array: the inputs were ready before
         * the forward pass, and what the engine may have been asked for since, such as a
         * parameter's update, waits for this call.
         *
         * @param handles of the gradients of the output and of every input, in this order
         * @param requests whether MXNet wants each input's gradient written, added or left out
         */
        private void backward(long[] handles, int[] requests) {
            int inputs = requests.length;
            List<FloatBuffer> values = new ArrayList<>(inputs);
            List<FloatBuffer> gradients = new ArrayList<>(inputs);
            for (int i = 0; i < inputs; i++) {
                values.add(MxNetLibrary.floats(arrays.get(i), sizes.get(i)));
                gradients.add(gradient(requests[i], handles[1 + i], sizes.get(i)));
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

        /** Returns where the function puts the gradient of an input. */
        private static FloatBuffer gradient(int request, long handle, long size) {
            return request == REQUEST_NULL || request == REQUEST_ADD
                    ? FloatBuffer.allocate(Math.toIntExact(size))
                    : MxNetLibrary.floats(handle, size);
        }

        private static void add(FloatBuffer terms, FloatBuffer sums) {
            for (int i = 0; i < sums.capacity(); i++) {
                sums.put(i, sums.get(i) + terms.get(i));
            }
        }
    }
}
