package dev.fern.tools.dataset;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Where the values of a quantity lie: its extremes, mean, and the quantiles at 5, 25, 50, 75 and 95
 * per cent.
 *
 * <p>Quantiles between two values are interpolated linearly, as numpy does by default.
 */
public record Distribution(
        double min,
        double p5,
        double p25,
        double median,
        double p75,
        double p95,
        double max,
        double mean) {

    /** Of at least one value. */
    static Distribution of(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return new Distribution(
                sorted[0],
                quantile(sorted, 0.05),
                quantile(sorted, 0.25),
                quantile(sorted, 0.5),
                quantile(sorted, 0.75),
                quantile(sorted, 0.95),
                sorted[sorted.length - 1],
                Arrays.stream(sorted).average().orElseThrow());
    }

    private static double quantile(double[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
