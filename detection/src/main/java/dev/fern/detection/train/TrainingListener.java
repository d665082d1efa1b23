package dev.fern.detection.train;

import java.util.Map;

/** Is told how a training goes on, on the training's thread. */
public interface TrainingListener {

    /**
     * A step that was taken.
     *
     * @param step its number, from 1
     * @param epoch the epoch it belongs to, from 1
     * @param losses the terms of the loss by name, each the mean over the step's images
     * @param learningRate of the step
     * @param gradientNorm norm of all gradients together before clipping
     * @param images number of images of the step
     * @param counts sums over the step's images by name
     * @param seconds time since the step before
     */
    record Step(
            long step,
            int epoch,
            Map<String, Double> losses,
            double learningRate,
            double gradientNorm,
            int images,
            Map<String, Long> counts,
            double seconds) {

        /** Returns what is minimised: the sum of the losses. */
        public double loss() {
            return losses.values().stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * The training starts or goes on.
     *
     * @param firstStep number of the first step, from 1
     * @param totalSteps number of the last step
     */
    void started(long firstStep, long totalSteps);

    /** A step was taken. */
    void step(Step step);

    /**
     * The model was evaluated.
     *
     * @param epoch epochs that are finished
     * @param numbers the score and others by name
     * @param best whether this is the best score so far
     */
    void evaluated(int epoch, Map<String, Double> numbers, boolean best);

    /** An image could not be used and was left out; told once an image. */
    void skipped(String reason);
}
