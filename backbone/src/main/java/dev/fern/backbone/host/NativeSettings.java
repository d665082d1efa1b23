package dev.fern.backbone.host;

import ai.djl.util.Utils;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;

/**
 * What DJL and the native libraries read once, when they load: made as good as the command line's
 * launcher makes it, but for what the user has set. The libraries read the process's environment,
 * which Java can't change, so that this calls {@code setenv}; Java's own view of the environment,
 * and that of processes that it starts, stay as they were.
 */
final class NativeSettings {

    private static boolean isApplied;

    private NativeSettings() {}

    /** The C library's function. */
    private static final class CLibrary {
        static {
            Native.register(CLibrary.class, Platform.C_LIBRARY_NAME);
        }

        static native int setenv(String name, String value, int overwrite);
    }

    /** Makes the settings, at the first call. It comes before the first use of an engine. */
    static synchronized void apply() {
        if (isApplied) {
            return;
        }
        isApplied = true;
        keepDjlFromTheNetwork();
        Map<String, String> missing = environment();
        missing.keySet().removeIf(name -> System.getenv(name) != null);
        if (!Platform.isLinux() || missing.isEmpty()) {
            return; // GNU's OpenMP is Linux's
        }
        try {
            missing.forEach((name, value) -> CLibrary.setenv(name, value, 0));
        } catch (LinkageError e) {
            System.getLogger(NativeSettings.class.getName())
                    .log(Level.WARNING, "the environment stays as it is: {0}", e.toString());
        }
    }

    /** DJL sends its makers the engine's name, and asks the cloud where it runs. */
    static void keepDjlFromTheNetwork() {
        if (Utils.getEnvOrSystemProperty("OPT_OUT_TRACKING") == null) {
            System.setProperty("OPT_OUT_TRACKING", "true");
        }
        if (System.getenv("DJL_OFFLINE") == null
                && System.getProperty("ai.djl.offline") == null
                && System.getProperty("offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        // MXNet takes half the cores unless told otherwise.
        environment.put("OMP_NUM_THREADS", Integer.toString(EngineThreads.cores()));
        if (System.getenv("OMP_WAIT_POLICY") == null) {
            // Threads that spin while they wait starve the others where cores are few.
            environment.put("GOMP_SPINCOUNT", "3000");
        }
        // MXNet keeps what it prepared for each convolution of each canvas, without a limit.
        environment.put("MXNET_MKLDNN_CACHE_NUM", "256");
        return environment;
    }
}
