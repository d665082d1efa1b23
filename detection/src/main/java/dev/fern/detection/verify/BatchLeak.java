package dev.fern.detection.verify;

/**
 * A place where the batch can get into an image's result, with what is measured there and its
 * limit.
 */
public enum BatchLeak {
    /**
     * The largest difference of a logit or box code, relative to its value where that is above 1.
     */
    NORMALISER("outputs of a training pass, alone and in a batch", 1e-4),

    /** The largest difference of a side in pixels or, where all are equal, of an input value. */
    CANVAS("size and pixels of the network's input, alone and in a batch", 0),

    /** The difference of the batch's loss and the mean loss, relative to the mean. */
    LOSS("the batch's loss and the mean of its images' losses", 1e-4),

    /** The largest distance (L2) of a parameter's gradients, relative to their norm. */
    GRADIENTS("the batch's gradients and the mean of its images' gradients", 1e-4),

    /** The distance (L2) of all parameters after the step, relative to the step. */
    STEP("the step of one batch of N and of N accumulated batches of 1", 1e-4),

    /**
     * The largest difference of a score, or of a coordinate relative to its value where that is
     * above 1.
     */
    POST_PROCESSING("detections alone, in the batch, in its reverse and in its halves", 1e-4);

    private final String comparison;
    private final double threshold;

    BatchLeak(String comparison, double threshold) {
        this.comparison = comparison;
        this.threshold = threshold;
    }

    /** {@return what is compared, in words} */
    public String comparison() {
        return comparison;
    }

    /** {@return the largest deviation that rounding explains} */
    public double threshold() {
        return threshold;
    }

    /**
     * Returns whether rounding explains a deviation.
     *
     * @param deviation may be NaN, which it does not explain
     * @return whether it is at most the threshold
     */
    public boolean isClosed(double deviation) {
        return deviation <= threshold;
    }
}
