package dev.fern.detection;

import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How a training starts. */
public enum RunStart {
    /** From the beginning. */
    FRESH,
    /** From the run's last checkpoint, with the run's settings and data. */
    RESUMED,
    /** From the run's last checkpoint, even if settings or data differ from the run's. */
    FORCED;

    /**
     * Returns the file with the settings of a run that is to be resumed.
     *
     * @param run the run's folder
     * @return the file; empty for a fresh run, and for a lost file with {@link #FORCED}
     * @throws TrainingRefusedException if the run has no checkpoint, or if the file is lost
     * @throws IOException if the folder can't be read
     */
    public Optional<Path> settings(RunDirectory run) throws IOException {
        if (this == FRESH) {
            return Optional.empty();
        }
        if (!run.hasCheckpoint()) {
            throw new TrainingRefusedException(run.last() + ": no checkpoint to resume from");
        }
        if (Files.exists(run.configuration())) {
            return Optional.of(run.configuration());
        }
        if (this == RESUMED) {
            throw new TrainingRefusedException(
                    run.configuration()
                            + ": is lost, so that the run's settings are unknown; give them again and go on"
                            + " with --force");
        }
        return Optional.empty();
    }

    /**
     * Checks that a training can begin in a folder, unless one is to be resumed.
     *
     * @param run the folder
     * @throws TrainingRefusedException if the folder holds a training or files that one would
     *     replace
     * @throws IOException if the folder can't be read
     */
    public void requireFree(RunDirectory run) throws IOException {
        if (this != FRESH) {
            return;
        }
        if (run.hasCheckpoint()) {
            throw new TrainingRefusedException(
                    run.path()
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        }
        if (run.holdsOtherFiles()) {
            throw new TrainingRefusedException(
                    run.path()
                            + ": holds files that a training would replace (best, last, config.json,"
                            + " data.json, metrics.jsonl or detections.json); choose another --output");
        }
    }
}
