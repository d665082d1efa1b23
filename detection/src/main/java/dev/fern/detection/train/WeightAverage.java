package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An exponential moving average of all parameters of a network, running averages too, updated after
 * every step: a = d * a + (1 - d) * w. So that the beginning is soon forgotten, the decay d of step
 * t is at most (1 + t) / (10 + t), as in TensorFlow's ExponentialMovingAverage.
 */
final class WeightAverage {

    private final double decay;
    private final Block network;
    private final Map<String, Parameter> parameters;
    private final Map<String, Tensor> average;

    /**
     * Begins with the values that a network has.
     *
     * @param network initialised
     * @param decay d, above 0 and below 1; about 0.9998 for long trainings
     */
    WeightAverage(Block network, double decay) {
        this.decay = decay;
        this.network = network;
        this.parameters = NamedParameters.of(network);
        this.average = new LinkedHashMap<>(ParameterValues.copyOf(network));
    }

    /**
     * Takes in the network's values after a step.
     *
     * @param step t, the number of the step, from 1
     */
    void update(long step) {
        float part = (float) (1 - Math.min(decay, (1.0 + step) / (10.0 + step)));
        parameters.forEach((name, parameter) -> update(parameter, average.get(name).data(), part));
    }

    private static void update(Parameter parameter, float[] mean, float part) {
        NDArray array = parameter.getArray();
        FloatBuffer values = EngineBridge.of(array).values(array);
        FloatChunks.forEach(
                mean.length,
                (start, count, room, unused) -> {
                    values.get(start, room, 0, count);
                    for (int i = 0; i < count; i++) {
                        mean[start + i] += part * (room[i] - mean[start + i]);
                    }
                });
    }

    /**
     * Gives the network the averages.
     *
     * @return the values that the network had, to be given back by {@link ParameterValues#assign}
     */
    Map<String, Tensor> putIntoNetwork() {
        Map<String, Tensor> trained = ParameterValues.copyOf(network);
        ParameterValues.assign(network, average);
        return trained;
    }

    /** {@return a copy of the averages by the parameters' names} */
    Map<String, Tensor> copy() {
        Map<String, Tensor> copy = new LinkedHashMap<>();
        average.forEach(
                (name, tensor) ->
                        copy.put(name, new Tensor(tensor.shape(), tensor.data().clone())));
        return copy;
    }

    /**
     * Sets the averages.
     *
     * @param values one for each parameter, of its shape
     */
    void restore(Map<String, Tensor> values) {
        average.forEach(
                (name, tensor) ->
                        System.arraycopy(
                                values.get(name).data(),
                                0,
                                tensor.data(),
                                0,
                                tensor.data().length));
    }
}
