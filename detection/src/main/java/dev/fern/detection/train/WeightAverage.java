package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.DeviceValues;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An exponential moving average of all parameters of a network, running averages too, updated after
 * every step: a = d * a + (1 - d) * w. So that the beginning is soon forgotten, the decay d of step
 * t is at most (1 + t) / (10 + t), as in TensorFlow's ExponentialMovingAverage.
 */
final class WeightAverage {

    private final double decay;
    private final Block network;
    private final Map<String, Parameter> parameters;
    private final Averages averages;

    /** Where the averages are. */
    private interface Averages {

        /** Moves them: a = a + part * (w - a). */
        void follow(double part);

        /** {@return the averages by the parameters' names, which must not be written to} */
        Map<String, Tensor> values();

        /** Sets them. */
        void restore(Map<String, Tensor> values);
    }

    /**
     * Begins with the values that a network has.
     *
     * @param network initialised
     * @param decay d, above 0 and below 1; about 0.9998 for long trainings
     * @param device takes the steps of a training that stays on the device, where the averages then
     *     are too
     */
    WeightAverage(Block network, double decay, Optional<DeviceTraining> device) {
        this.decay = decay;
        this.network = network;
        this.parameters = NamedParameters.of(network);
        this.averages = device.<Averages>map(OnDevice::new).orElseGet(InMemory::new);
    }

    /**
     * Takes in the network's values after a step.
     *
     * @param step t, the number of the step, from 1
     */
    void update(long step) {
        averages.follow(1 - Math.min(decay, (1.0 + step) / (10.0 + step)));
    }

    /**
     * Gives the network the averages.
     *
     * @return the values that the network had, to be given back by {@link ParameterValues#assign}
     */
    Map<String, Tensor> putIntoNetwork() {
        Map<String, Tensor> trained = ParameterValues.copyOf(network);
        ParameterValues.assign(network, averages.values());
        return trained;
    }

    /** {@return a copy of the averages by the parameters' names} */
    Map<String, Tensor> copy() {
        Map<String, Tensor> copy = new LinkedHashMap<>();
        averages.values()
                .forEach(
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
        averages.restore(values);
    }

    private final class InMemory implements Averages {

        private final Map<String, Tensor> values =
                new LinkedHashMap<>(ParameterValues.copyOf(network));

        @Override
        public void follow(double part) {
            parameters.forEach(
                    (name, parameter) -> follow(parameter, values.get(name).data(), (float) part));
        }

        private static void follow(Parameter parameter, float[] mean, float part) {
            NDArray array = parameter.getArray();
            FloatBuffer now = EngineBridge.of(array).values(array);
            FloatChunks.forEach(
                    mean.length,
                    (start, count, room, unused) -> {
                        now.get(start, room, 0, count);
                        for (int i = 0; i < count; i++) {
                            mean[start + i] += part * (room[i] - mean[start + i]);
                        }
                    });
        }

        @Override
        public Map<String, Tensor> values() {
            return values;
        }

        @Override
        public void restore(Map<String, Tensor> others) {
            values.forEach(
                    (name, tensor) ->
                            System.arraycopy(
                                    others.get(name).data(),
                                    0,
                                    tensor.data(),
                                    0,
                                    tensor.data().length));
        }
    }

    private static final class OnDevice implements Averages {

        private final DeviceTraining training;
        private final DeviceValues values;

        OnDevice(DeviceTraining training) {
            this.training = training;
            values = training.newAverage();
        }

        @Override
        public void follow(double part) {
            training.follow(values, part);
        }

        @Override
        public Map<String, Tensor> values() {
            return values.copy();
        }

        @Override
        public void restore(Map<String, Tensor> others) {
            values.restore(others);
        }
    }
}
