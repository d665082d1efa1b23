package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.mxnet.jna.JnaUtils;
import ai.djl.ndarray.NDManager;
import com.sun.jna.Native;
import com.sun.jna.Platform;

/** Starts an engine without the line that MXNet writes to standard error when it is started. */
public final class EngineStart {

    private static final int STANDARD_ERROR = 2;
    private static final int WRITE_ONLY = 1;

    private EngineStart() {}

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

    /** Returns a manager of an engine's arrays on the CPU, owned by the caller. */
    public static NDManager newManager(String engine) {
        return newManager(engine, Device.cpu());
    }

    /**
     * Returns a manager of an engine's arrays, owned by the caller.
     *
     * @param engine DJL's name of the engine
     * @param device where its arrays are
     */
    public static NDManager newManager(String engine, Device device) {
        if (!engine.equals("MXNet") || Platform.isWindows()) {
            return NDManager.newBaseManager(device, engine);
        }
        int saved = CLibrary.dup(STANDARD_ERROR);
        int nothing = CLibrary.open("/dev/null", WRITE_ONLY);
        CLibrary.dup2(nothing, STANDARD_ERROR);
        try {
            NDManager manager = NDManager.newBaseManager(device, engine);
            JnaUtils.waitAll(); // MXNet starts at the first call that needs it
            return manager;
        } finally {
            CLibrary.dup2(saved, STANDARD_ERROR);
            CLibrary.close(nothing);
            CLibrary.close(saved);
        }
    }
}
