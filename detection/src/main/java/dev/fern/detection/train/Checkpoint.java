package dev.fern.detection.train;

import dev.fern.backbone.parameter.Tensor;
import java.util.Map;

/**
 * What it takes to resume a training. It holds no state of a random generator, since all that is
 * drawn is a function of the seed, the epoch and the image.
 *
 * @param progress how far the training had come
 * @param parameters all parameters of the network by name, running averages too
 * @param velocities the optimiser's state by the parameters' names
 * @param average the {@link WeightAverage} by the parameters' names; empty if there is none
 */
public record Checkpoint(
        Progress progress,
        Map<String, Tensor> parameters,
        Map<String, Tensor> velocities,
        Map<String, Tensor> average) {

    /** {@return the parameters that are evaluated and used: the average where there is one} */
    Map<String, Tensor> model() {
        return average.isEmpty() ? parameters : average;
    }
}
