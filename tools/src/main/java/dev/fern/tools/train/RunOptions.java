package dev.fern.tools.train;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say how a run starts and how often it logs. */
@OptionSection(Section.RUN)
final class RunOptions {

    @Option(
            names = "--resume",
            description =
                    "Go on from the last checkpoint in the output folder. Without it, a folder"
                            + " that holds a training is refused.")
    private boolean resume;

    @Option(
            names = "--force",
            description =
                    "With --resume, go on even if settings or data differ from those of the run.")
    private boolean force;

    @Option(
            names = "--log-every",
            paramLabel = "N",
            description =
                    "Number of steps from one log line to the next where standard error is not a"
                            + " terminal. Default: one line every ten seconds.")
    private int logEvery;

    /**
     * Checks that the options go together.
     *
     * @throws BadInputException if --log-every is negative or --force is given without --resume
     */
    void requireValid() throws BadInputException {
        TrainingData.requireNotNegative("--log-every", logEvery);
        if (force && !resume) {
            throw new BadInputException("--force needs --resume");
        }
    }

    /** Returns how the run starts. */
    RunStart start() {
        return force ? RunStart.FORCED : resume ? RunStart.RESUMED : RunStart.FRESH;
    }

    /**
     * Returns the number of steps from one log line to the next; 0 for one line every ten seconds.
     */
    int logEvery() {
        return logEvery;
    }

    /**
     * Returns the file with the settings of a run that is to be resumed; empty for a fresh run, and
     * for a lost file with --force.
     *
     * @throws BadInputException if the run has no checkpoint, or if the file is lost
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
                            + ": is lost, so that the run's settings are unknown; give them again and go on"
                            + " with --force");
        }
        return Optional.empty();
    }

    /**
     * Checks that a training can begin in a folder, unless one is to be resumed.
     *
     * @throws BadInputException if the folder holds a training or files that one would replace
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
