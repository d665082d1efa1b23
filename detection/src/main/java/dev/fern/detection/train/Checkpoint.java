package dev.fern.detection.train;

import dev.fern.backbone.parameter.Tensor;
import java.util.Map;

/**
 * What it takes to go on. There is no random state in it: what is drawn is a function of the seed,
 * the epoch and the image.
 *
 * @param parameters all of the network's, running averages too
 * @param velocities the optimiser's state
 * @param average the {@link WeightAverage}; empty if there is none
 */
public record Checkpoint(
        Progress progress,
        Map<String, Tensor> parameters,
        Map<String, Tensor> velocities,
        Map<String, Tensor> average) {

    /** Returns the parameters that are evaluated and used: the average where there is one. */
    Map<String, Tensor> model() {
        return average.isEmpty() ? parameters : average;
    }
}
