package dev.fern.tools.train;

import dev.fern.detection.RunStart;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import picocli.CommandLine.Option;

/** The options that say how a run starts and how often it logs. */
@OptionSection(Section.RUN)
public final class RunOptions {

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
    public void requireValid() throws BadInputException {
        TrainingData.requireNotNegative("--log-every", logEvery);
        if (force && !resume) {
            throw new BadInputException("--force needs --resume");
        }
    }

    /** {@return how the run starts} */
    public RunStart start() {
        return force ? RunStart.FORCED : resume ? RunStart.RESUMED : RunStart.FRESH;
    }

    /**
     * Returns the number of steps from one log line to the next; 0 for one line every ten seconds.
     */
    int logEvery() {
        return logEvery;
    }
}
