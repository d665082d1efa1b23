package dev.fern.detection.verify;

/** A place where the batch can get into an image's result, and what is measured there. */
public enum BatchLeak {
    /** Largest difference of a logit or box code, relative to it where it is above 1. */
    NORMALISER("outputs of a training pass, alone and in a batch", 1e-4),

    /** Largest difference of a side in pixels or, where all are equal, of an input value. */
    CANVAS("size and pixels of the network's input, alone and in a batch", 0),

    /** Difference relative to the mean. */
    LOSS("the batch's loss and the mean of its images' losses", 1e-4),

    /** Largest relative distance (L2) of a parameter's gradients. */
    GRADIENTS("the batch's gradients and the mean of its images' gradients", 1e-4),

    /** Distance (L2) of all parameters relative to the step. */
    STEP("the step of one batch of N and of N accumulated batches of 1", 1e-4),

    /** Largest difference of a score, or of a coordinate relative to it where it is above 1. */
    POST_PROCESSING("detections alone, in the batch, in its reverse and in its halves", 1e-4);

    private final String comparison;
    private final double threshold;

    BatchLeak(String comparison, double threshold) {
        this.comparison = comparison;
        this.threshold = threshold;
    }

    /** Returns what is compared, in words. */
    public String comparison() {
        return comparison;
    }

    /** Returns the largest deviation that rounding explains. */
    public double threshold() {
        return threshold;
    }

    /** Returns whether a deviation, which may be NaN, is rounding at most. */
    public boolean isClosed(double deviation) {
        return deviation <= threshold;
    }
}
