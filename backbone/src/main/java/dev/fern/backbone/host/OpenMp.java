package dev.fern.backbone.host;

import com.sun.jna.NativeLibrary;
import dev.fern.backbone.loop.WorkerThread;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The threads of OpenMP, on which oneDNN runs. */
public final class OpenMp {

    private static final ThreadLocal<Boolean> FOLLOWS = new ThreadLocal<>();

    private OpenMp() {}

    /**
     * Lets oneDNN take as many threads as the calling worker's loops may; on other threads it takes
     * all that OpenMP has. Each engine and oneDNN bring GNU's OpenMP, and which of them oneDNN
     * calls depends on what was loaded first, so that all are told.
     */
    public static void followWorker() {
        if (FOLLOWS.get() != null || !(Thread.currentThread() instanceof WorkerThread worker)) {
            return;
        }
        FOLLOWS.set(true);
        for (String library : libraries()) {
            try {
                NativeLibrary.getInstance(library)
                        .getFunction("omp_set_num_threads")
                        .invokeVoid(new Object[] {worker.cores()});
            } catch (UnsatisfiedLinkError e) {
                System.getLogger(OpenMp.class.getName())
                        .log(Level.DEBUG, "the threads of {0} can't be limited: {1}", library, e);
            }
        }
    }

    /** Returns the paths of GNU's OpenMP libraries that this process has loaded. */
    private static List<String> libraries() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("/libgomp"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            return List.of(); // not Linux
        }
    }
}
