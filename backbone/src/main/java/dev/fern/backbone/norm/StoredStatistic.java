package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import java.nio.FloatBuffer;

/**
 * A parameter that no gradient trains: it follows what forward passes measure, and is stored with
 * the others.
 */
record StoredStatistic(NDArray array) {

    static StoredStatistic of(ParameterStore parameters, Parameter parameter, NDArray x) {
        return new StoredStatistic(parameters.getValue(parameter, x.getDevice(), false));
    }

    double[] values() {
        float[] stored = EngineBridge.of(array).copy(array);
        double[] values = new double[stored.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = stored[i];
        }
        return values;
    }

    void set(double[] values) {
        float[] stored = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            stored[i] = (float) values[i];
        }
        EngineBridge.of(array).set(array, FloatBuffer.wrap(stored));
    }

    /**
     * Moves a running average: a = (1 - rate) a + rate * measured, where that is finite, so that a
     * batch that overflows does not spoil it for good.
     */
    void follow(double[] measured, double rate) {
        double[] values = values();
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(measured[i])) {
                values[i] = (1 - rate) * values[i] + rate * measured[i];
            }
        }
        set(values);
    }
}
