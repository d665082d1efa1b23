package dev.fern.backbone;

import java.util.function.ToDoubleFunction;

/** Central differences of a float64 function: gradients that owe nothing to the code under test. */
public final class NumericalGradient {

    private static final double STEP = 1e-5;

    private NumericalGradient() {}

    /** Returns the gradient, to about 1e-9, of a function that is smooth at this argument. */
    public static double[] of(ToDoubleFunction<double[]> function, double[] argument) {
        double[] at = argument.clone();
        double[] gradient = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            at[i] = argument[i] + STEP;
            double above = function.applyAsDouble(at);
            at[i] = argument[i] - STEP;
            double below = function.applyAsDouble(at);
            at[i] = argument[i];
            gradient[i] = (above - below) / (2 * STEP);
        }
        return gradient;
    }

    /** Returns sum(a * b). */
    public static double dot(double[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
