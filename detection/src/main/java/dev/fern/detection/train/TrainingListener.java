package dev.fern.detection.train;

import java.util.Map;

/** Is told how a training goes on, on the training's thread. */
public interface TrainingListener {

    /**
     * A step that was taken.
     *
     * @param step its number, from 1
     * @param epoch the epoch it belongs to, from 1
     * @param classification focal loss, the mean over the step's images
     * @param regression box loss, likewise
     * @param learningRate of the step
     * @param gradientNorm norm of all gradients together before clipping
     * @param images number of images of the step
     * @param positives number of positive anchors of the step
     * @param seconds time since the step before
     */
    record Step(
            long step,
            int epoch,
            double classification,
            double regression,
            double learningRate,
            double gradientNorm,
            int images,
            int positives,
            double seconds) {}

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
     * @param numbers AP and the others by name
     * @param best whether this is the best AP so far
     */
    void evaluated(int epoch, Map<String, Double> numbers, boolean best);

    /** An image could not be used and was left out; told once an image. */
    void skipped(String reason);
}
