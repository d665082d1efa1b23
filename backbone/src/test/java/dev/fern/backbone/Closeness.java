package dev.fern.backbone;

import static org.assertj.core.api.Assertions.assertThat;

/** Compares float32 results with float64 references. */
public final class Closeness {

    private Closeness() {}

    /**
     * Fails unless each element's error is within a tolerance relative to that element or to the
     * root mean square of all, whichever is larger.
     */
    public static void assertClose(
            String what, float[] actual, double[] expected, double tolerance) {
        assertClose(what, actual, expected, tolerance, 0);
    }

    /**
     * Fails unless each element's error is within a tolerance relative to that element, to the root
     * mean square of all, or to a given scale, whichever is largest. The scale is that of the
     * float32 terms whose sum an element is.
     */
    public static void assertClose(
            String what, float[] actual, double[] expected, double tolerance, double minimum) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double squares = 0;
        for (double value : expected) {
            squares += value * value;
        }
        double scale = Math.max(minimum, Math.sqrt(squares / Math.max(1, expected.length)));
        for (int i = 0; i < actual.length; i++) {
            assertThat(Math.abs(actual[i] - expected[i]))
                    .as("%s[%d]: %s, not %s (scale %s)", what, i, actual[i], expected[i], scale)
                    .isLessThanOrEqualTo(tolerance * Math.max(Math.abs(expected[i]), scale));
        }
    }

    /** Returns the values as doubles, exactly. */
    public static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** Returns the distance of two vectors relative to the length of the expected one. */
    public static double distance(float[] actual, float[] expected) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return Math.sqrt(error / Math.max(size, 1e-30));
    }
}
