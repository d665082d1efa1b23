package dev.fern.backbone.host;

import ai.djl.engine.EngineException;
import ai.djl.mxnet.engine.MxNDArray;
import ai.djl.mxnet.jna.JnaUtils;
import ai.djl.ndarray.NDArray;
import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import java.util.Collection;

/**
 * The few functions of MXNet's C interface (c_api.h, version 1.9) that DJL does not offer. Handles
 * are addresses. They are passed in Java's own arrays: small blocks of native memory would live
 * until the next garbage collection, between the engine's large blocks, and fragment the native
 * heap.
 */
final class MxNetLibrary {

    static {
        Native.register(MxNetLibrary.class, loadedByDjl());
        skipDestructorsAtExit();
    }

    private MxNetLibrary() {}

    /**
     * {@return the library that DJL has loaded} To load it by DJL's name for it would not do: where
     * a program started MXNet before {@link NativeCache} chose its place, a second copy would be
     * loaded.
     */
    private static NativeLibrary loadedByDjl() {
        try {
            Field library = JnaUtils.class.getDeclaredField("LIB");
            library.setAccessible(true);
            return ((Library.Handler) Proxy.getInvocationHandler(library.get(null)))
                    .getNativeLibrary();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of DJL is unknown", e);
        }
    }

    /** {@code int CustomFunctionBwdFunc(num_ograds, num_igrads, ptrs, reqs, is_train, state)}. */
    interface BackwardCallback extends Callback {
        int invoke(
                int outputGradients,
                int inputGradients,
                Pointer handles,
                Pointer requests,
                int training,
                Pointer state);
    }

    /** {@code int CustomFunctionDelFunc(state)}. */
    interface DeleteCallback extends Callback {
        int invoke(Pointer state);
    }

    static native int MXCustomFunctionRecord(
            int inputCount, long[] inputs, int outputCount, long[] outputs, Pointer callbacks);

    static native int MXNDArrayFree(long array);

    static native int MXNDArrayWaitToRead(long array);

    static native int MXAutogradBackward(
            int count, long[] outputs, long[] outputGradients, int retainGraph);

    /** Sets how many threads MXNet's loops take on the calling thread. */
    static native int MXSetNumOMPThreads(int count);

    private static native int MXCustomOpRegister(String type, Pointer creator);

    private static native int MXNDArrayDetach(long source, long[] copy);

    private static native int MXNDArrayGetData(long array, long[] data);

    private static native String MXGetLastError();

    /**
     * Makes the process end with its own status, at once, when the JVM has ended and calls {@code
     * exit(status)}: MXNet's destructors would abort the process, because the threads that MXNet
     * starts for custom functions are never joined, or wait forever for one that still calls into
     * the JVM. Handlers run in the reverse order of their registration, so that {@code exit}
     * becomes {@code _exit} before the destructors of all that was made until now.
     */
    private static void skipDestructorsAtExit() {
        if (Platform.isLinux()) {
            // this makes the object that owns those threads
            check(MXCustomOpRegister("dev.fern.backbone.host", null));
            NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
            c.getFunction("on_exit").invokeInt(new Object[] {c.getFunction("_exit"), null});
        }
    }

    /**
     * Checks the status that a function of this interface returned.
     *
     * @throws EngineException with MXNet's message if it is not 0
     */
    static void check(int status) {
        if (status != 0) {
            throw new EngineException("MXNet: " + MXGetLastError());
        }
    }

    static long handle(NDArray array) {
        return Pointer.nativeValue(((MxNDArray) array).getHandle());
    }

    static long[] handles(Collection<NDArray> arrays) {
        return arrays.stream().mapToLong(MxNetLibrary::handle).toArray();
    }

    /** {@return a handle of the same memory that has no part in the tape} */
    static long detached(NDArray array) {
        long[] copy = new long[1];
        check(MXNDArrayDetach(handle(array), copy));
        return copy[0];
    }

    /**
     * {@return the values of an array in C order, without waiting for writes to it}
     *
     * @param size number of elements
     */
    static FloatBuffer floats(long array, long size) {
        if (size == 0) {
            return FloatBuffer.allocate(0);
        }
        long[] data = new long[1];
        check(MXNDArrayGetData(array, data));
        return new Pointer(data[0]).getByteBuffer(0, size * Float.BYTES).asFloatBuffer();
    }
}
