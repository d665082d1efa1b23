package dev.fern.detection;

import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.TrainingListener;
import java.io.IOException;

/**
 * Adds files of its own to a run while its folder is locked. It is closed when the training has
 * ended in whatever way.
 */
public interface RunCompanion extends AutoCloseable {

    /** Makes a companion of a run. */
    @FunctionalInterface
    interface Factory {

        /**
         * Makes the companion, before the first step.
         *
         * @param lock of the run's folder; nothing may be written once it is lost
         * @return the companion
         * @throws IOException if a file can't be written
         */
        RunCompanion open(RunLock lock) throws IOException;
    }

    /** {@return what is told how the training goes on} */
    TrainingListener listener();

    /**
     * Called when the settings and the data are recorded, before the first step.
     *
     * @throws IOException if a file can't be written
     */
    void ready() throws IOException;

    /**
     * Called when the training has come to its end.
     *
     * @throws IOException if a file can't be written
     */
    void finished() throws IOException;

    @Override
    void close();
}
