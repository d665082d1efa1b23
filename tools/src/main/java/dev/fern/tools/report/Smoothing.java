package dev.fern.tools.report;

import java.util.Arrays;

/** Makes noisy curves legible. */
public final class Smoothing {

    private Smoothing() {}

    /**
     * Returns running means of running means, so that a single high value makes a slope and not a
     * step. Each mean is over about a thirtieth of the curve.
     *
     * @param values some of which may not be finite
     * @return as many; NaN where there is no finite value nearby
     */
    public static double[] of(double[] values) {
        int radius = values.length / 60;
        return runningMean(runningMean(values, radius), radius);
    }

    /**
     * Returns the means of up to {@code 2 * radius + 1} values around each one. Values that are not
     * finite count as absent.
     */
    static double[] runningMean(double[] values, int radius) {
        double[] sums = new double[values.length + 1];
        int[] counts = new int[values.length + 1];
        for (int i = 0; i < values.length; i++) {
            boolean finite = Double.isFinite(values[i]);
            sums[i + 1] = sums[i] + (finite ? values[i] : 0);
            counts[i + 1] = counts[i] + (finite ? 1 : 0);
        }
        double[] means = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            int from = Math.max(0, i - radius);
            int to = Math.min(values.length, i + radius + 1);
            means[i] = (sums[to] - sums[from]) / (counts[to] - counts[from]);
        }
        return means;
    }

    /**
     * Returns where an axis ends if a few values far above the rest are not to flatten the curve: a
     * little above the 99th percentile, or 0 if no value is finite.
     */
    static double topWithoutSpikes(double[] values) {
        double[] ordered = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        return ordered.length == 0 ? 0 : 1.05 * ordered[(int) (0.99 * (ordered.length - 1))];
    }
}
