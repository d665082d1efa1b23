package dev.fern.spark;

import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.broadcast.Broadcast;

/**
 * The one detector that all tasks of an executor use at the same time. It stays open between tasks,
 * until another one is wanted while none uses it.
 */
final class SharedDetector implements AutoCloseable {

    /**
     * The detectors of this process. Spark gives tasks no place but a static one for what they
     * share.
     */
    private static final Map<DetectorSettings, SharedDetector> OPEN = new HashMap<>();

    private final Detector detector;
    private int users;

    private SharedDetector(Detector detector) {
        this.detector = detector;
    }

    /**
     * Returns the detector, loaded if it is the first time that this process asks for it. Who asks
     * closes what is returned, which does not close the detector.
     */
    static SharedDetector take(DetectorSettings settings, Broadcast<ModelFiles> model)
            throws IOException {
        synchronized (OPEN) {
            SharedDetector shared = OPEN.get(settings);
            if (shared == null) {
                OPEN.values().removeIf(SharedDetector::closeUnused);
                shared = new SharedDetector(settings.load(model.value()));
                OPEN.put(settings, shared);
            }
            shared.users++;
            return shared;
        }
    }

    /** Returns how many detectors are open in this process. */
    static int open() {
        synchronized (OPEN) {
            return OPEN.size();
        }
    }

    private boolean closeUnused() {
        if (users == 0) {
            detector.close();
        }
        return users == 0;
    }

    Detector detector() {
        return detector;
    }

    @Override
    public void close() {
        synchronized (OPEN) {
            users--;
        }
    }
}
