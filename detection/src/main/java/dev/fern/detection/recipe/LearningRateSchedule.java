package dev.fern.detection.recipe;

import java.util.List;

/** The learning rate of each step: it rises in a linear warm-up, then it decays. */
public sealed interface LearningRateSchedule {

    /**
     * {@return the learning rate of a step}
     *
     * @param step number of steps taken before it, from 0
     */
    double at(long step);

    /** Returns the part of a warm-up that is done: (step + 1) / warmupSteps, at most 1. */
    private static double warmth(long step, long warmupSteps) {
        return step >= warmupSteps ? 1 : (step + 1.0) / warmupSteps;
    }

    /**
     * Half a cosine from the base rate to 0 (Loshchilov &amp; Hutter, ICLR 2017, without restarts).
     *
     * @param base rate after the warm-up
     * @param warmupSteps length in steps of the linear warm-up, which multiplies the cosine
     * @param totalSteps length of the training in steps, at least 1
     */
    record Cosine(double base, long warmupSteps, long totalSteps) implements LearningRateSchedule {

        @Override
        public double at(long step) {
            double progress = Math.min(1, (double) step / totalSteps);
            return base * warmth(step, warmupSteps) * 0.5 * (1 + Math.cos(Math.PI * progress));
        }
    }

    /**
     * A base rate that is multiplied by a factor at each milestone.
     *
     * @param base rate after the warm-up
     * @param warmupSteps length of the linear warm-up in steps
     * @param milestones numbers of the steps, from 0, at which the rate falls
     * @param factor what the rate is multiplied by; 0.1 in the paper
     */
    record Step(double base, long warmupSteps, List<Long> milestones, double factor)
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
        public double at(long step) {
            long falls = milestones.stream().filter(milestone -> step >= milestone).count();
            return base * warmth(step, warmupSteps) * Math.pow(factor, falls);
        }
    }
}
