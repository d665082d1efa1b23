package dev.fern.detection.verify;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.loop.Sums;
import dev.fern.backbone.parameter.NamedParameters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** One vector for each trained parameter of a block, by name: its values or its gradients. */
final class ParameterVectors {

    /** A parameter's gradient below this part of the norm of all gradients together is rounding. */
    private static final double NEGLIGIBLE = 1e-6;

    private final Map<String, float[]> vectors = new LinkedHashMap<>();

    private ParameterVectors(Block block, Function<Parameter, float[]> vector) {
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                vectors.put(name, vector.apply(parameter));
                            }
                        });
    }

    /** Copies the gradients of the last backward pass. */
    static ParameterVectors gradients(Block block) {
        return new ParameterVectors(
                block,
                parameter -> {
                    try (NDArray gradient = parameter.getArray().getGradient()) {
                        return gradient.toFloatArray();
                    }
                });
    }

    /** Copies the values. */
    static ParameterVectors values(Block block) {
        return new ParameterVectors(block, parameter -> parameter.getArray().toFloatArray());
    }

    static ParameterVectors zeros(Block block) {
        return new ParameterVectors(
                block, parameter -> new float[Math.toIntExact(parameter.getArray().size())]);
    }

    /** Adds {@code factor} times other vectors of the same parameters to these. */
    void add(ParameterVectors others, double factor) {
        vectors.forEach(
                (name, vector) -> {
                    float[] other = others.vectors.get(name);
                    for (int i = 0; i < vector.length; i++) {
                        vector[i] += (float) (factor * other[i]);
                    }
                });
    }

    /** Returns the Euclidean norm of all vectors together. */
    double norm() {
        double sum = 0;
        for (float[] vector : vectors.values()) {
            sum += Sums.dot(vector, vector);
        }
        return Math.sqrt(sum);
    }

    /**
     * Returns the largest distance of a parameter's vector from the expected one, relative to the
     * norm of that.
     */
    double largestDistance(ParameterVectors expected) {
        double floor = NEGLIGIBLE * expected.norm();
        double largest = 0;
        for (Map.Entry<String, float[]> entry : vectors.entrySet()) {
            float[] wanted = expected.vectors.get(entry.getKey());
            float[] difference = wanted.clone();
            for (int i = 0; i < difference.length; i++) {
                difference[i] -= entry.getValue()[i];
            }
            double norm = Math.max(floor, Math.sqrt(Sums.dot(wanted, wanted)));
            largest = Math.max(largest, Math.sqrt(Sums.dot(difference, difference)) / norm);
        }
        return largest;
    }
}
