package dev.fern.detection.train;

import java.util.Map;

/**
 * Is told how a training goes on, on the training's thread. Every method does nothing unless it is
 * overridden. What a method throws ends the training.
 */
public interface TrainingListener {

    /**
     * A step that was taken.
     *
     * @param step number of the step, from 1
     * @param epoch number of the epoch that it belongs to, from 1
     * @param losses the terms of the loss by name, each the mean over the step's images
     * @param learningRate the learning rate of the step
     * @param gradientNorm norm of all gradients together before clipping
     * @param images number of images of the step
     * @param counts sums over the step's images by name
     * @param seconds time since the step before, or since the epoch began
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

        /** {@return the same step with what became known of it later} */
        Step with(Map<String, Double> itsLosses, double itsGradientNorm) {
            return new Step(
                    step, epoch, itsLosses, learningRate, itsGradientNorm, images, counts, seconds);
        }

        /** {@return the sum of the losses, which the training minimises} */
        public double loss() {
            return losses.values().stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * Called with what the user should know of a training, such as what it takes over from the
     * weights that it starts from.
     *
     * @param line one line; it begins with {@code warning:} where something may be wrong
     */
    default void note(String line) {}

    /**
     * Called when a training begins or is resumed.
     *
     * @param firstStep number of the step that comes first, from 1
     * @param totalSteps number of the last step if no further image is left out
     */
    default void started(long firstStep, long totalSteps) {}

    /**
     * Called before {@link #step} where steps were not taken because all their images were left
     * out.
     *
     * @param totalSteps number of the last step if no further image is left out
     */
    default void shortened(long totalSteps) {}

    /**
     * Called after every step, or, where a training stays on the device, after some steps for each
     * of them. If it throws, there is a checkpoint of the training.
     *
     * @param step the step that was taken
     */
    default void step(Step step) {}

    /**
     * Called after every evaluation of the model.
     *
     * @param epoch number of epochs that are finished
     * @param numbers the score and other numbers by name
     * @param best whether this is the best score so far
     */
    default void evaluated(int epoch, Map<String, Double> numbers, boolean best) {}

    /**
     * Called once per image that can't be used and is left out.
     *
     * @param reason one line that names the image's file
     */
    default void skipped(String reason) {}
}
