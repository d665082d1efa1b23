package dev.fern.onnx;

import dev.fern.onnx.ActivationRanges.Range;

/**
 * Counts values in bins of one width, of which those around 0 meet at 0. When a value lies outside,
 * bins are joined in pairs, so that any number of values of any size is counted in one go, and in
 * any order with the same result.
 */
final class ValueHistogram {

    private static final int HALF = 4096;

    private final long[] counts = new long[2 * HALF];

    /** A power of two. */
    private float width = Float.MIN_NORMAL;

    private float min;
    private float max;

    /**
     * Counts values.
     *
     * @throws IllegalArgumentException if one is not finite
     */
    void add(float[] values) {
        for (float value : values) {
            if (!(Math.abs(value) < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("a map has values that are not finite");
            }
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        while (Math.max(-min, max) >= HALF * width) {
            joinPairs();
        }
        for (float value : values) {
            counts[bin(value)]++;
        }
    }

    private int bin(float value) {
        return (int) Math.floor(value / width) + HALF;
    }

    private void joinPairs() {
        width *= 2;
        long[] joined = new long[2 * HALF];
        for (int i = 0; i < counts.length; i++) {
            joined[(i - HALF >> 1) + HALF] += counts[i];
        }
        System.arraycopy(joined, 0, counts, 0, joined.length);
    }

    /**
     * {@return the range whose 256 steps round the values with the least squared error, among the
     * full range and parts of it}
     */
    Range range() {
        if (min == max) {
            return new Range(0, 1);
        }
        double part = 1;
        double least = Double.POSITIVE_INFINITY;
        for (int percent = 100; percent >= 20; percent -= 2) {
            double error = squaredError(percent / 100.0);
            if (error < least) {
                least = error;
                part = percent / 100.0;
            }
        }
        return new Range((float) (part * min), (float) (part * max));
    }

    private double squaredError(double part) {
        double lowest = part * min;
        double highest = part * max;
        double step = (highest - lowest) / 255;
        double rounding = step * step / 12;
        double error = 0;
        for (int i = 0; i < counts.length; i++) {
            double value = (i - HALF + 0.5) * width;
            double beyond = Math.max(0, Math.max(lowest - value, value - highest));
            error += counts[i] * (beyond > 0 ? beyond * beyond : rounding);
        }
        return error;
    }
}
