package dev.fern.tools.report;

import java.util.Arrays;

/** Makes noisy curves legible. */
public final class Smoothing {

    private Smoothing() {}

    /** A running mean twice over, so that a single high value makes a slope and not a step. */
    public static double[] of(double[] values) {
        int radius = values.length / 60;
        return runningMean(runningMean(values, radius), radius);
    }

    /**
     * Means of up to {@code 2 * radius + 1} values around each one; values that are not finite
     * count as absent.
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
     * Where an axis ends on which a few values far above the rest do not flatten it: a little above
     * the 99th percentile. 0 if no value is finite.
     */
    static double topWithoutSpikes(double[] values) {
        double[] ordered = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        return ordered.length == 0 ? 0 : 1.05 * ordered[(int) (0.99 * (ordered.length - 1))];
    }
}
