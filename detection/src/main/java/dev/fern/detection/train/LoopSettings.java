package dev.fern.detection.train;

import java.util.function.LongFunction;

/**
 * How a {@link Trainer} goes through its task.
 *
 * @param epochs passes over the images; unused where {@code steps} is set
 * @param steps length of the training in steps, or 0 to go by epochs
 * @param accumulate batches whose gradients make one step
 * @param evaluateEvery epochs from one evaluation to the next; the last epoch is always evaluated
 * @param schedule the learning rate of each step, given the length of the training in steps
 */
public record LoopSettings(
        int epochs,
        long steps,
        int accumulate,
        int evaluateEvery,
        LongFunction<LearningRateSchedule> schedule) {

    /** Checks the numbers. */
    public LoopSettings {
        require(accumulate >= 1, "accumulate must be at least 1");
        require(steps >= 0 && (steps > 0 || epochs >= 1), "epochs or steps must be at least 1");
        require(evaluateEvery >= 1, "evaluateEvery must be at least 1");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
