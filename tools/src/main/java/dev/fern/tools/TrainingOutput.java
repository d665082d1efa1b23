package dev.fern.tools;

import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The folder that a training writes to. */
final class TrainingOutput {

    private TrainingOutput() {}

    /**
     * Checks that a training can begin in a folder.
     *
     * @throws BadInputException naming what is in the way
     */
    static void requireUnused(RunDirectory run) throws IOException, BadInputException {
        if (run.hasCheckpoint()) {
            throw new BadInputException(
                    run.path()
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        }
        if (run.holdsOtherFiles()) {
            throw new BadInputException(
                    run.path()
                            + ": holds files that a training would replace (best, last, config.json,"
                            + " data.json, metrics.jsonl or detections.json); choose another --output");
        }
    }

    /**
     * Returns the file of the settings of a run that is to be resumed, if it is of use.
     *
     * @param force whether to go on without the file if it is lost
     * @throws BadInputException if there is nothing to go on with
     */
    static Optional<Path> settings(RunDirectory run, boolean force)
            throws IOException, BadInputException {
        if (!run.hasCheckpoint()) {
            throw new BadInputException(run.last() + ": no checkpoint to resume from");
        }
        if (Files.exists(run.configuration())) {
            return Optional.of(run.configuration());
        }
        if (!force) {
            throw new BadInputException(
                    run.configuration()
                            + ": is lost, and with it the run's settings; give them again, and go on"
                            + " with --force");
        }
        return Optional.empty();
    }
}
