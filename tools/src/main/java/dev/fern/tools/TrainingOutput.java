package dev.fern.tools;

import dev.fern.cocoeval.TextFile;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder that a training writes to. */
final class TrainingOutput {

    private TrainingOutput() {}

    /**
     * Checks that a training can begin, or go on, in a folder, which need not be there.
     *
     * @param resume whether it is to go on
     * @param settings the training's, as {@code config.json} holds them
     * @throws BadInputException naming what is in the way, or what is missing to go on
     */
    static RunDirectory open(Path output, boolean resume, String settings)
            throws IOException, BadInputException {
        RunDirectory run = RunDirectory.open(output);
        if (resume) {
            checkResumable(run, settings);
        } else if (run.hasCheckpoint()) {
            throw new BadInputException(
                    output
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        } else if (run.holdsOtherFiles()) {
            throw new BadInputException(
                    output
                            + ": holds files that a training would replace (best, last, config.json"
                            + " or metrics.jsonl); choose another --output");
        }
        return run;
    }

    private static void checkResumable(RunDirectory run, String settings)
            throws IOException, BadInputException {
        if (!run.hasCheckpoint()) {
            throw new BadInputException(run.last() + ": no checkpoint to resume from");
        }
        if (Files.exists(run.configuration())
                && !TextFile.read(run.configuration()).equals(settings)) {
            throw new BadInputException(
                    run.configuration()
                            + ": the settings differ from those of the run; give the same options"
                            + " as at its start");
        }
    }
}
