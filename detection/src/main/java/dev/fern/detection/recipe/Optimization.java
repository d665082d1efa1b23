package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import java.util.List;

/**
 * Settings of the optimiser, stochastic gradient descent with momentum, and of its learning rate.
 *
 * @param learningRate learning rate after the warm-up
 * @param momentum part of the velocity that a step keeps
 * @param weightDecay decay of weights and biases
 * @param normWeightDecay decay of the normalisers' parameters
 * @param warmupSteps number of steps over which the learning rate rises; 0 for no warm-up
 * @param warmupImages number of images over which it rises, in place of {@code warmupSteps}; 0 to
 *     go by steps
 * @param schedule how the learning rate decays: {@code cosine} or {@code step}
 * @param milestones where the rate of the step schedule falls to a tenth, as parts of the training
 * @param clipNorm largest norm of all gradients together; 0 for no clipping
 */
public record Optimization(
        double learningRate,
        double momentum,
        double weightDecay,
        double normWeightDecay,
        long warmupSteps,
        long warmupImages,
        String schedule,
        List<Double> milestones,
        double clipNorm) {

    /**
     * Checks the ranges.
     *
     * @param learningRate above 0, finite
     * @param momentum at least 0 and below 1
     * @param weightDecay at least 0
     * @param normWeightDecay at least 0
     * @param warmupSteps at least 0
     * @param warmupImages at least 0
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
        require(warmupSteps >= 0, "warmupSteps", "at least 0", warmupSteps);
        require(warmupImages >= 0, "warmupImages", "at least 0 (0 to go by steps)", warmupImages);
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

    /** {@return the largest norm of all gradients together, infinity where none are clipped} */
    public double largestNorm() {
        return clipNorm == 0 ? Double.POSITIVE_INFINITY : clipNorm;
    }

    /**
     * {@return the number of steps over which the learning rate rises}
     *
     * @param loop tells how many images make one step
     */
    public long warmup(LoopSettings loop) {
        long imagesPerStep = (long) loop.batchSize() * loop.accumulate();
        return warmupImages == 0 ? warmupSteps : (warmupImages - 1) / imagesPerStep + 1;
    }

    /**
     * {@return the learning rate of each step}
     *
     * @param loop tells how many images make one step
     */
    public LearningRateSchedule rates(LoopSettings loop) {
        long warmup = warmup(loop);
        return switch (schedule) {
            case "step" -> new LearningRateSchedule.Step(learningRate, warmup, milestones, 0.1);
            default -> new LearningRateSchedule.Cosine(learningRate, warmup);
        };
    }
}
