package dev.fern.detection.train;

import static dev.fern.detection.settings.LayeredSettings.require;

import java.util.function.LongFunction;

/**
 * How a {@link Trainer} goes through its task.
 *
 * @param epochs passes over the images; unused where {@code steps} is set
 * @param steps length of the training in steps, or 0 to go by epochs
 * @param accumulate batches whose gradients make one step
 * @param evaluateEvery epochs from one evaluation to the next; the last epoch is always evaluated
 * @param patience evaluations without a better score after which the training ends; 0 to go on
 * @param emaDecay of the {@link WeightAverage} that is evaluated and saved as the model; 0 for the
 *     trained parameters themselves
 * @param checkpoints when checkpoints are written
 * @param schedule the learning rate of each step, given the length of the training in steps
 */
public record LoopSettings(
        int epochs,
        long steps,
        int accumulate,
        int evaluateEvery,
        int patience,
        double emaDecay,
        CheckpointRule checkpoints,
        LongFunction<LearningRateSchedule> schedule) {

    /** Checks the numbers. */
    public LoopSettings {
        require(accumulate >= 1, "accumulate must be at least 1");
        require(steps >= 0 && (steps > 0 || epochs >= 1), "epochs or steps must be at least 1");
        require(evaluateEvery >= 1, "evaluateEvery must be at least 1");
        require(patience >= 0, "patience must be at least 0 (0 to train to the end)");
        require(emaDecay >= 0 && emaDecay < 1, "emaDecay must be in [0, 1) (0 for none)");
    }
}
