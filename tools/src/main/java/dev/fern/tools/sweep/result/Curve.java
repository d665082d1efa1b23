package dev.fern.tools.sweep.result;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Values along a training, or over batch sizes.
 *
 * @param x in rising order
 * @param y one value for each of {@code x}
 */
record Curve(double[] x, double[] y) {

    /**
     * Returns the mean of curves, value by value. Where some end sooner, it goes on with the mean
     * of the others.
     *
     * @param curves at least one; all have the same {@code x} as far as they reach
     */
    static Curve mean(List<Curve> curves) {
        Curve longest = curves.stream().max(Comparator.comparingInt(c -> c.x.length)).orElseThrow();
        double[] means =
                IntStream.range(0, longest.x.length)
                        .mapToDouble(
                                i ->
                                        curves.stream()
                                                .filter(c -> c.y.length > i)
                                                .mapToDouble(c -> c.y[i])
                                                .average()
                                                .orElseThrow())
                        .toArray();
        return new Curve(longest.x, means);
    }
}
