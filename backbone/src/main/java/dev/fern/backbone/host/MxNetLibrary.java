package dev.fern.backbone.host;

import ai.djl.engine.EngineException;
import ai.djl.mxnet.jna.LibUtils;
import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** The few functions of MXNet's C interface (c_api.h, version 1.9) that DJL does not offer. */
final class MxNetLibrary {

    static {
        Native.register(MxNetLibrary.class, NativeLibrary.getInstance(LibUtils.getLibName()));
    }

    private MxNetLibrary() {}

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
            int inputCount, Pointer inputs, int outputCount, Pointer outputs, Pointer callbacks);

    static native int MXShallowCopyNDArray(Pointer source, PointerByReference copy);

    static native int MXNDArrayFree(Pointer array);

    static native int MXNDArrayWaitToRead(Pointer array);

    static native int MXNDArrayGetData(Pointer array, PointerByReference data);

    static native int MXAutogradBackward(
            int count, Pointer outputs, Pointer outputGradients, int retainGraph);

    static native int MXNotifyShutdown();

    private static native String MXGetLastError();

    static void check(int status) {
        if (status != 0) {
            throw new EngineException("MXNet: " + MXGetLastError());
        }
    }

    /** Returns the address of an array's values in C order, after every pending write. */
    static Pointer data(Pointer array) {
        check(MXNDArrayWaitToRead(array));
        PointerByReference data = new PointerByReference();
        check(MXNDArrayGetData(array, data));
        return data.getValue();
    }

    static Pointer shallowCopy(Pointer array) {
        PointerByReference copy = new PointerByReference();
        check(MXShallowCopyNDArray(array, copy));
        return copy.getValue();
    }
}
