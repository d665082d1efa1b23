package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.detection.settings.Unwrapped;

/**
 * How a training goes through its images, whatever it trains.
 *
 * @param batchSize number of images that pass the network together
 * @param accumulate number of batches whose gradients make one step
 * @param epochs number of passes over the training images; not used where {@code steps} is set
 * @param steps length of the training in steps; 0 to go by epochs
 * @param emaDecay decay of the moving average of the weights, which is evaluated and saved in their
 *     place; 0 for no average
 * @param evaluateEvery number of epochs from one evaluation to the next; the last epoch is always
 *     evaluated
 * @param patience number of evaluations without a better score after which the training ends; 0 to
 *     train to the end
 * @param checkpoints when they are written within an epoch, and how many are kept
 */
public record LoopSettings(
        int batchSize,
        int accumulate,
        int epochs,
        long steps,
        double emaDecay,
        int evaluateEvery,
        int patience,
        @Unwrapped CheckpointRule checkpoints) {

    /**
     * Checks the ranges.
     *
     * @param batchSize at least 1
     * @param accumulate at least 1
     * @param epochs at least 1 unless {@code steps} is set
     * @param steps at least 0
     * @param emaDecay at least 0 and below 1
     * @param evaluateEvery at least 1
     * @param patience at least 0
     * @param checkpoints checked by itself
     * @throws IllegalArgumentException if one is out of its range
     */
    public LoopSettings {
        require(batchSize >= 1, "batchSize", "at least 1", batchSize);
        require(accumulate >= 1, "accumulate", "at least 1", accumulate);
        require(steps >= 0, "steps", "at least 0 (0 to go by epochs)", steps);
        require(steps > 0 || epochs >= 1, "epochs or steps", "at least 1", epochs);
        require(evaluateEvery >= 1, "evaluateEvery", "at least 1", evaluateEvery);
        require(patience >= 0, "patience", "at least 0 (0 to train to the end)", patience);
        require(emaDecay >= 0 && emaDecay < 1, "emaDecay", "in [0, 1) (0 for none)", emaDecay);
    }

    /**
     * {@return these settings with another batch size}
     *
     * @param images at least 1
     */
    LoopSettings withBatchSize(int images) {
        return new LoopSettings(
                images, accumulate, epochs, steps, emaDecay, evaluateEvery, patience, checkpoints);
    }
}
