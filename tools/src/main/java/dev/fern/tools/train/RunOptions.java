package dev.fern.tools.train;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say how a run starts and how often it is told of. */
final class RunOptions {

    @Option(
            names = "--resume",
            description = "Go on from the last checkpoint in the output folder.")
    private boolean resume;

    @Option(
            names = "--force",
            description = "With --resume: even if settings or data are not those of the run.")
    private boolean force;

    @Option(
            names = "--log-every",
            paramLabel = "N",
            description = "Steps from one log line to the next where there is no terminal.")
    private int logEvery;

    /** Checks that the options go together. */
    void requireValid() throws BadInputException {
        TrainingData.requireNotNegative("--log-every", logEvery);
        if (force && !resume) {
            throw new BadInputException("--force goes with --resume");
        }
    }

    /** Returns how the run starts. */
    RunStart start() {
        return force ? RunStart.FORCED : resume ? RunStart.RESUMED : RunStart.FRESH;
    }

    /** Returns the steps from one log line to the next; 0 for a line every ten seconds. */
    int logEvery() {
        return logEvery;
    }

    /**
     * Returns the file of the settings of a run that is to be resumed, if it is of use.
     *
     * @throws BadInputException if there is nothing to go on with
     */
    Optional<Path> settings(RunDirectory run) throws IOException, BadInputException {
        if (!resume) {
            return Optional.empty();
        }
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

    /**
     * Checks that a training can begin in a folder, unless one is to be resumed.
     *
     * @throws BadInputException naming what is in the way
     */
    void requireFree(RunDirectory run) throws IOException, BadInputException {
        if (resume) {
            return;
        }
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
}
