package dev.fern.backbone.host;

import com.sun.jna.NativeLibrary;
import dev.fern.backbone.loop.WorkerThread;
import java.lang.System.Logger.Level;

/** The threads of OpenMP, on which oneDNN runs. */
public final class OpenMp {

    private static final ThreadLocal<Boolean> FOLLOWS = new ThreadLocal<>();

    private OpenMp() {}

    /**
     * Lets oneDNN take as many threads as the calling worker's loops may; others all that it has.
     */
    public static void followWorker() {
        if (FOLLOWS.get() != null || !(Thread.currentThread() instanceof WorkerThread worker)) {
            return;
        }
        FOLLOWS.set(true);
        try {
            // by its soname the library that oneDNN itself has loaded
            NativeLibrary.getInstance("libgomp.so.1")
                    .getFunction("omp_set_num_threads")
                    .invokeVoid(new Object[] {worker.cores()});
        } catch (UnsatisfiedLinkError e) {
            System.getLogger(OpenMp.class.getName())
                    .log(Level.DEBUG, "the threads of oneDNN can't be limited: {0}", e);
        }
    }
}
