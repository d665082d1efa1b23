package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

/**
 * When a training writes checkpoints within an epoch, and how many it keeps. It always writes one
 * at the end of an epoch and of the training.
 *
 * @param keepCheckpoints how many checkpoints to keep, the last one among them
 * @param checkpointMinutes time from one to the next in minutes; 0 not to go by time
 * @param checkpointSteps number of steps from one to the next; 0 not to go by steps
 */
public record CheckpointRule(int keepCheckpoints, double checkpointMinutes, long checkpointSteps) {

    private static final double NANOS_PER_MINUTE = 60e9;

    /**
     * Checks the ranges.
     *
     * @param keepCheckpoints at least 1
     * @param checkpointMinutes at least 0
     * @param checkpointSteps at least 0
     * @throws IllegalArgumentException if one is out of its range
     */
    public CheckpointRule {
        require(keepCheckpoints >= 1, "keepCheckpoints", "at least 1", keepCheckpoints);
        require(
                checkpointMinutes >= 0,
                "checkpointMinutes",
                "at least 0 (0 for none)",
                checkpointMinutes);
        require(
                checkpointSteps >= 0,
                "checkpointSteps",
                "at least 0 (0 for none)",
                checkpointSteps);
    }

    /**
     * {@return whether a checkpoint is due within an epoch}
     *
     * @param nanosSince time since the last one in nanoseconds
     * @param stepsSince number of steps since the last one
     */
    public boolean isDue(long nanosSince, long stepsSince) {
        return checkpointMinutes > 0 && nanosSince >= checkpointMinutes * NANOS_PER_MINUTE
                || checkpointSteps > 0 && stepsSince >= checkpointSteps;
    }
}
