package dev.fern.detection.train;

/**
 * When a training writes checkpoints within an epoch, and how many it keeps. At the end of an epoch
 * and of the training it always writes one.
 *
 * @param keep how many to keep, the last one too
 * @param minutes time from one to the next; 0 not to go by time
 * @param steps steps from one to the next; 0 not to go by steps
 */
public record CheckpointRule(int keep, double minutes, long steps) {

    private static final double NANOS_A_MINUTE = 60e9;

    /** Checks the numbers. */
    public CheckpointRule {
        if (keep < 1) {
            throw new IllegalArgumentException("keepCheckpoints must be at least 1");
        }
        if (!(minutes >= 0) || steps < 0) {
            throw new IllegalArgumentException(
                    "checkpointMinutes and checkpointSteps must be at least 0 (0 for none)");
        }
    }

    /** Returns whether a checkpoint is due so long after the last one. */
    boolean isDue(long nanosSince, long stepsSince) {
        return minutes > 0 && nanosSince >= minutes * NANOS_A_MINUTE
                || steps > 0 && stepsSince >= steps;
    }
}
