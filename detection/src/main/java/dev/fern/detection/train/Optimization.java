package dev.fern.detection.train;

import static dev.fern.detection.settings.LayeredSettings.require;

import ai.djl.nn.Block;
import java.util.List;

/**
 * How a training goes down its loss, whatever it trains.
 *
 * @param batchSize images that pass the network together
 * @param accumulate batches whose gradients make one step
 * @param epochs passes over the training images; unused where {@code steps} is set
 * @param steps length of the training in steps, or 0 to go by epochs
 * @param learningRate after the warm-up
 * @param momentum see {@link SgdOptimizer}
 * @param weightDecay see {@link SgdOptimizer}
 * @param normWeightDecay see {@link SgdOptimizer}
 * @param warmupSteps see {@link LearningRateSchedule}
 * @param schedule cosine or step
 * @param milestones of the step schedule: where the rate falls to a tenth, as parts of the training
 * @param clipNorm largest gradient norm; 0 for no clipping
 * @param emaDecay see {@link LoopSettings}
 * @param evaluateEvery epochs from one evaluation to the next; the last epoch is always evaluated
 * @param patience see {@link LoopSettings}
 * @param keepCheckpoints see {@link CheckpointRule}
 * @param checkpointMinutes see {@link CheckpointRule}
 * @param checkpointSteps see {@link CheckpointRule}
 */
public record Optimization(
        int batchSize,
        int accumulate,
        int epochs,
        long steps,
        double learningRate,
        double momentum,
        double weightDecay,
        double normWeightDecay,
        long warmupSteps,
        String schedule,
        List<Double> milestones,
        double clipNorm,
        double emaDecay,
        int evaluateEvery,
        int patience,
        int keepCheckpoints,
        double checkpointMinutes,
        long checkpointSteps) {

    /** Checks the ranges. */
    public Optimization {
        require(batchSize >= 1 && accumulate >= 1, "batchSize and accumulate must be at least 1");
        require(learningRate > 0 && Double.isFinite(learningRate), "learningRate must be above 0");
        require(momentum >= 0 && momentum < 1, "momentum must be in [0, 1)");
        require(weightDecay >= 0 && normWeightDecay >= 0, "weight decays must be at least 0");
        require(warmupSteps >= 0, "warmupSteps must be at least 0");
        require(clipNorm >= 0, "clipNorm must be at least 0 (0 for none)");
        require(
                List.of("cosine", "step").contains(schedule),
                "unknown schedule '" + schedule + "': use cosine or step");
        require(
                milestones.stream().allMatch(m -> m > 0 && m < 1),
                "milestones are parts of the training, each above 0 and below 1");
    }

    /** Returns the optimiser of an initialised network. */
    public SgdOptimizer optimizer(Block network) {
        return new SgdOptimizer(
                network,
                momentum,
                weightDecay,
                normWeightDecay,
                clipNorm == 0 ? Double.POSITIVE_INFINITY : clipNorm,
                accumulate == 1);
    }

    /** Returns how the trainer goes through the images. */
    public LoopSettings loop() {
        return new LoopSettings(
                epochs,
                steps,
                accumulate,
                evaluateEvery,
                patience,
                emaDecay,
                new CheckpointRule(keepCheckpoints, checkpointMinutes, checkpointSteps),
                this::rates);
    }

    /**
     * Returns the learning rate of each step.
     *
     * @param totalSteps length of the training
     */
    LearningRateSchedule rates(long totalSteps) {
        return switch (schedule) {
            case "step" ->
                    new LearningRateSchedule.Step(
                            learningRate,
                            warmupSteps,
                            milestones.stream().map(m -> Math.round(m * totalSteps)).toList(),
                            0.1);
            default -> new LearningRateSchedule.Cosine(learningRate, warmupSteps, totalSteps);
        };
    }
}
