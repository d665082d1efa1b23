package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

/**
 * When a training writes checkpoints within an epoch, and how many it keeps. At the end of an epoch
 * and of the training it always writes one.
 *
 * @param keepCheckpoints how many to keep, the last one too; at least 1
 * @param checkpointMinutes time from one to the next; 0 not to go by time
 * @param checkpointSteps steps from one to the next; 0 not to go by steps
 */
public record CheckpointRule(int keepCheckpoints, double checkpointMinutes, long checkpointSteps) {

    private static final double NANOS_PER_MINUTE = 60e9;

    /** Checks the numbers. */
    public CheckpointRule {
        require(keepCheckpoints >= 1, "keepCheckpoints must be at least 1");
        require(
                checkpointMinutes >= 0 && checkpointSteps >= 0,
                "checkpointMinutes and checkpointSteps must be at least 0 (0 for none)");
    }

    /** Returns whether a checkpoint is due so long after the last one. */
    public boolean isDue(long nanosSince, long stepsSince) {
        return checkpointMinutes > 0 && nanosSince >= checkpointMinutes * NANOS_PER_MINUTE
                || checkpointSteps > 0 && stepsSince >= checkpointSteps;
    }
}
