package dev.fern.spark;

import dev.fern.backbone.host.NativeCache;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Loads native libraries in one process of a machine at a time. Executors of one machine start at
 * the same time and extract the libraries to one folder, where they would read each other's halves.
 */
final class NativeLoading {

    private NativeLoading() {}

    /** Work that loads native libraries. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    /** Does work while no other process of this user and machine does such work. */
    static <T> T alone(Work<T> work) throws IOException {
        // DJL asks a cloud's address and downloads unless these are set before its first class
        // loads.
        setDefault("ai.djl.offline");
        setDefault("OPT_OUT_TRACKING");
        Path file = NativeCache.folder("loading.lock");
        Files.createDirectories(file.getParent());
        synchronized (NativeLoading.class) { // a file lock is the whole process's
            try (FileChannel channel =
                            FileChannel.open(
                                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                assert lock.isValid();
                return work.run();
            }
        }
    }

    private static void setDefault(String property) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, "true");
        }
    }
}
