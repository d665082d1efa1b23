package dev.fern.tools.dataset;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The distribution of a quantity's values. Quantiles between two values are interpolated linearly,
 * as numpy does by default.
 *
 * @param min the smallest value
 * @param p5 the quantile at 5 per cent
 * @param p25 the quantile at 25 per cent
 * @param median the quantile at 50 per cent
 * @param p75 the quantile at 75 per cent
 * @param p95 the quantile at 95 per cent
 * @param max the largest value
 * @param mean the arithmetic mean
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

    /**
     * Returns the distribution of some values.
     *
     * @param values at least one
     */
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
