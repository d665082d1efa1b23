package dev.fern.backbone.parameter;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the values of some parameters spread.
 *
 * @param least the smallest value
 * @param mean arithmetic mean
 * @param most the largest value
 * @param deviation standard deviation of the values, which divides by their number
 */
public record ParameterSpread(double least, double mean, double most, double deviation) {

    /** Sums of values, from which their spread follows. */
    private static final class Sums {
        private double least = Double.POSITIVE_INFINITY;
        private double most = Double.NEGATIVE_INFINITY;
        private double sum;
        private double squares;
        private long count;

        private void add(float[] values) {
            for (double value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
                sum += value;
                squares += value * value;
            }
            count += values.length;
        }

        private ParameterSpread spread() {
            double mean = sum / count;
            double variance = Math.max(0, squares / count - mean * mean);
            return new ParameterSpread(least, mean, most, Math.sqrt(variance));
        }
    }

    /**
     * Looks at the trained parameters of a network's normalisers.
     *
     * @param network initialised
     * @return by the last part of the parameters' names, such as {@code gamma}, {@code beta},
     *     {@code tau} (the thresholds of TLU) and {@code eps} (FRN's learned epsilon as it is
     *     stored, of which the norm takes the magnitude); each over all layers and channels. Empty
     *     if the network has none
     */
    public static Map<String, ParameterSpread> ofNorms(Block network) {
        Map<String, Sums> sums = new LinkedHashMap<>();
        NamedParameters.of(network)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient() && isOfNorm(parameter.getType())) {
                                sums.computeIfAbsent(
                                                name.substring(name.lastIndexOf('.') + 1),
                                                kind -> new Sums())
                                        .add(
                                                EngineBridge.of(parameter.getArray())
                                                        .copy(parameter.getArray()));
                            }
                        });
        Map<String, ParameterSpread> spreads = new LinkedHashMap<>();
        sums.forEach((kind, of) -> spreads.put(kind, of.spread()));
        return spreads;
    }

    private static boolean isOfNorm(Parameter.Type type) {
        return type != Parameter.Type.WEIGHT && type != Parameter.Type.BIAS;
    }
}
