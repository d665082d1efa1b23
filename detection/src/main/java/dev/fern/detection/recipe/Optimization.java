package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import java.util.List;
import java.util.OptionalLong;

/**
 * Settings of the optimiser, stochastic gradient descent with momentum, and of its learning rate.
 *
 * @param learningRate learning rate after the warm-up
 * @param momentum part of the velocity that a step keeps
 * @param weightDecay decay of weights and biases
 * @param normWeightDecay decay of the normalisers' parameters
 * @param warmupSteps number of steps over which the learning rate rises; 0 for no warm-up; empty
 *     for a twentieth of the training, at most {@value #LONGEST_WARMUP} steps
 * @param schedule how the learning rate decays: {@code cosine} or {@code step}
 * @param milestones where the rate of the step schedule falls to a tenth, as parts of the training
 * @param clipNorm largest norm of all gradients together; 0 for no clipping
 */
public record Optimization(
        double learningRate,
        double momentum,
        double weightDecay,
        double normWeightDecay,
        OptionalLong warmupSteps,
        String schedule,
        List<Double> milestones,
        double clipNorm) {

    /** The longest warm-up in steps that is chosen by the length of the training. */
    public static final long LONGEST_WARMUP = 1000;

    /** A warm-up that is chosen by the length of the training is its length divided by this. */
    public static final int WARMUP_PART = 20;

    /**
     * Checks the ranges.
     *
     * @param learningRate above 0, finite
     * @param momentum at least 0 and below 1
     * @param weightDecay at least 0
     * @param normWeightDecay at least 0
     * @param warmupSteps at least 0, or empty
     * @param schedule {@code cosine} or {@code step}
     * @param milestones each above 0 and below 1; may be empty
     * @param clipNorm at least 0
     * @throws IllegalArgumentException if one is out of its range
     */
    public Optimization {
        require(
                learningRate > 0 && Double.isFinite(learningRate),
                "learningRate",
                "above 0",
                learningRate);
        require(momentum >= 0 && momentum < 1, "momentum", "in [0, 1)", momentum);
        require(weightDecay >= 0, "weightDecay", "at least 0", weightDecay);
        require(normWeightDecay >= 0, "normWeightDecay", "at least 0", normWeightDecay);
        require(
                warmupSteps.orElse(0) >= 0,
                "warmupSteps",
                "at least 0, or 'auto'",
                warmupSteps.orElse(0));
        require(clipNorm >= 0, "clipNorm", "at least 0 (0 for none)", clipNorm);
        if (!List.of("cosine", "step").contains(schedule)) {
            throw new IllegalArgumentException(
                    "unknown schedule '" + schedule + "': use cosine or step");
        }
        require(
                milestones.stream().allMatch(m -> m > 0 && m < 1),
                "milestones",
                "parts of the training, each above 0 and below 1",
                milestones);
    }

    /**
     * {@return these settings with the length of the warm-up as a number}
     *
     * @param totalSteps length of the training in steps, at least 1
     */
    public Optimization withWarmup(long totalSteps) {
        return new Optimization(
                learningRate,
                momentum,
                weightDecay,
                normWeightDecay,
                OptionalLong.of(
                        warmupSteps.orElse(Math.min(LONGEST_WARMUP, totalSteps / WARMUP_PART))),
                schedule,
                milestones,
                clipNorm);
    }

    /**
     * {@return the learning rate of each step}
     *
     * @param totalSteps length of the training in steps, at least 1
     */
    public LearningRateSchedule rates(long totalSteps) {
        long warmup = withWarmup(totalSteps).warmupSteps.getAsLong();
        return switch (schedule) {
            case "step" ->
                    new LearningRateSchedule.Step(
                            learningRate,
                            warmup,
                            milestones.stream().map(m -> Math.round(m * totalSteps)).toList(),
                            0.1);
            default -> new LearningRateSchedule.Cosine(learningRate, warmup, totalSteps);
        };
    }
}
