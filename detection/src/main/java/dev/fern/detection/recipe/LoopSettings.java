package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.detection.settings.Unwrapped;

/**
 * How a training goes through its images, whatever it trains.
 *
 * @param batchSize images that pass the network together, at least 1
 * @param accumulate batches whose gradients make one step, at least 1
 * @param epochs passes over the training images, at least 1; unused where {@code steps} is set
 * @param steps length of the training in steps, or 0 to go by epochs
 * @param emaDecay of the moving average of the weights that is evaluated and saved in their place,
 *     at least 0 and below 1; 0 for none
 * @param evaluateEvery epochs from one evaluation to the next; the last epoch is always evaluated
 * @param patience evaluations without a better score after which the training ends; 0 to train to
 *     the end
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

    /** Checks the numbers. */
    public LoopSettings {
        require(batchSize >= 1 && accumulate >= 1, "batchSize and accumulate must be at least 1");
        require(steps >= 0 && (steps > 0 || epochs >= 1), "epochs or steps must be at least 1");
        require(evaluateEvery >= 1, "evaluateEvery must be at least 1");
        require(patience >= 0, "patience must be at least 0 (0 to train to the end)");
        require(emaDecay >= 0 && emaDecay < 1, "emaDecay must be in [0, 1) (0 for none)");
    }

    /** Returns these settings with another batch size. */
    LoopSettings withBatchSize(int images) {
        return new LoopSettings(
                images, accumulate, epochs, steps, emaDecay, evaluateEvery, patience, checkpoints);
    }
}
