package dev.fern.detection.recipe;

import java.util.List;

/**
 * The learning rate of each step of a training. {@link Cosine} and {@link Step} are ready; a lambda
 * is another one.
 */
@FunctionalInterface
public interface LearningRateSchedule {

    /**
     * Returns the learning rate of a step. It depends on the arguments alone, so that a resumed
     * training goes on as if it had not been interrupted.
     *
     * @param step number of steps planned before it, from 0
     * @param totalSteps length of the training in planned steps, at least 1
     * @return the rate, finite, at least 0
     */
    double at(long step, long totalSteps);

    /** Returns the part of a warm-up that is done: (step + 1) / warmupSteps, at most 1. */
    private static double warmth(long step, long warmupSteps) {
        return step >= warmupSteps ? 1 : (step + 1.0) / warmupSteps;
    }

    /**
     * A linear warm-up, then half a cosine from the base rate to 0 (Loshchilov &amp; Hutter, ICLR
     * 2017, without restarts).
     *
     * @param base rate after the warm-up
     * @param warmupSteps length in steps of the linear warm-up, which multiplies the cosine
     */
    record Cosine(double base, long warmupSteps) implements LearningRateSchedule {

        @Override
        public double at(long step, long totalSteps) {
            double progress = Math.min(1, (double) step / totalSteps);
            return base * warmth(step, warmupSteps) * 0.5 * (1 + Math.cos(Math.PI * progress));
        }
    }

    /**
     * A linear warm-up, then a base rate that is multiplied by a factor at each milestone.
     *
     * @param base rate after the warm-up
     * @param warmupSteps length of the linear warm-up in steps
     * @param milestones where the rate falls, as parts of the training, each above 0 and below 1
     * @param factor what the rate is multiplied by; 0.1 in the paper
     */
    record Step(double base, long warmupSteps, List<Double> milestones, double factor)
            implements LearningRateSchedule {

        /**
         * Makes the list immutable.
         *
         * @param base rate after the warm-up
         * @param warmupSteps 0 for no warm-up
         * @param milestones in any order
         * @param factor below 1 for a rate that falls
         */
        public Step {
            milestones = List.copyOf(milestones);
        }

        @Override
        public double at(long step, long totalSteps) {
            long falls =
                    milestones.stream()
                            .filter(milestone -> step >= Math.round(milestone * totalSteps))
                            .count();
            return base * warmth(step, warmupSteps) * Math.pow(factor, falls);
        }
    }
}
