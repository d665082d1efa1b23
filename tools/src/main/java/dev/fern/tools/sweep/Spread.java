package dev.fern.tools.sweep;

import java.util.Arrays;

/**
 * A number over several runs.
 *
 * @param count how many runs
 * @param mean NaN where there is none
 * @param deviation sample standard deviation, with {@code count - 1}; NaN of fewer than two runs
 * @param least NaN where there is none
 * @param most NaN where there is none
 */
record Spread(int count, double mean, double deviation, double least, double most) {

    /** Returns that of some values. */
    static Spread of(double... values) {
        int n = values.length;
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return new Spread(
                n,
                mean,
                n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1)),
                Arrays.stream(values).min().orElse(Double.NaN),
                Arrays.stream(values).max().orElse(Double.NaN));
    }
}
