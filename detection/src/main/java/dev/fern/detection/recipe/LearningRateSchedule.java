package dev.fern.detection.recipe;

import java.util.List;

/** The learning rate of each step: a linear warm-up, then a decay. */
public sealed interface LearningRateSchedule {

    /**
     * Returns the learning rate.
     *
     * @param step steps done before, from 0
     */
    double at(long step);

    /** The part of a warm-up that is done: (step + 1) / warmupSteps, at most 1. */
    private static double warmth(long step, long warmupSteps) {
        return step >= warmupSteps ? 1 : (step + 1.0) / warmupSteps;
    }

    /**
     * Half a cosine from the base rate to 0 (Loshchilov &amp; Hutter, ICLR 2017, without restarts).
     *
     * @param base rate after the warm-up
     * @param warmupSteps length of the linear warm-up, which multiplies the cosine
     * @param totalSteps length of the training, at least 1
     */
    record Cosine(double base, long warmupSteps, long totalSteps) implements LearningRateSchedule {

        @Override
        public double at(long step) {
            double progress = Math.min(1, (double) step / totalSteps);
            return base * warmth(step, warmupSteps) * 0.5 * (1 + Math.cos(Math.PI * progress));
        }
    }

    /**
     * A base rate multiplied by a factor at each milestone.
     *
     * @param base rate after the warm-up
     * @param warmupSteps length of the linear warm-up
     * @param milestones steps at which the rate falls, ascending
     * @param factor of each fall; 0.1 in the references
     */
    record Step(double base, long warmupSteps, List<Long> milestones, double factor)
            implements LearningRateSchedule {

        /** Copies the list. */
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
