package dev.fern.backbone.norm;

import java.nio.FloatBuffer;

/** The inner loops of normalisers; each stands alone so that the JIT compiler vectorises it. */
final class RowLoops {

    private RowLoops() {}

    static void subtract(float[] a, float subtrahend) {
        for (int i = 0; i < a.length; i++) {
            a[i] -= subtrahend;
        }
    }

    static void multiply(float[] a, float factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] *= factor;
        }
    }

    /** Sets x to max((x - centre) * scale + shift, tau). */
    static void standardize(float[] x, float centre, float scale, float shift, float tau) {
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.max((x[i] - centre) * scale + shift, tau);
        }
    }

    /** Sets x to max((x - centre) * scale + shift + shortcut, tau). */
    static void standardizeAndAdd(
            float[] x, float centre, float scale, float shift, float[] shortcut, float tau) {
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.max((x[i] - centre) * scale + shift + shortcut[i], tau);
        }
    }

    /**
     * Turns z into dy: dz where z is above tau, else 0. It multiplies by 0 or 1, since a branch
     * would be mispredicted half of the time.
     */
    static void maskByOutput(float[] z, float[] dz, float tau) {
        for (int i = 0; i < z.length; i++) {
            z[i] = Math.min((z[i] - tau) * Float.MAX_VALUE, 1f) * dz[i];
        }
    }

    /**
     * Sets dy to dz where z is above tau, else to 0. It computes z from x, less its centre if it
     * has one, by the forward pass's own operations, since that reads less memory than the output.
     */
    static void maskByInput(
            float[] x, float scale, float shift, float tau, float[] dz, float[] dy) {
        for (int i = 0; i < x.length; i++) {
            float z = Math.max(x[i] * scale + shift, tau);
            dy[i] = Math.min((z - tau) * Float.MAX_VALUE, 1f) * dz[i];
        }
    }

    /** Sets dy to dy * ofDy + x * ofX + constant. */
    static void combine(float[] dy, float ofDy, float[] x, float ofX, float constant) {
        for (int i = 0; i < dy.length; i++) {
            dy[i] = dy[i] * ofDy + x[i] * ofX + constant;
        }
    }

    /** Sets dy to (dy * gamma - meanGradient) * scale + (x - mean) * slope, computed in float64. */
    static void combineCancelling(
            float[] dy,
            double gamma,
            double meanGradient,
            double scale,
            float[] x,
            double mean,
            double slope) {
        for (int i = 0; i < dy.length; i++) {
            dy[i] = (float) ((dy[i] * gamma - meanGradient) * scale + (x[i] - mean) * slope);
        }
    }

    /** {@return sum((x - mean)^2), in float64} */
    static double centredSquares(float[] x, double mean) {
        double sum = 0;
        for (float value : x) {
            sum += (value - mean) * (value - mean);
        }
        return sum;
    }

    /** {@return sum(a * (x - mean)), in float64} */
    static double centredDot(float[] a, float[] x, double mean) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * (x[i] - mean);
        }
        return sum;
    }

    /** Adds up the values of the rows [N, C] over the images, to one value per channel [C]. */
    static void sumOverImages(double[] perRow, FloatBuffer perChannel) {
        int channels = perChannel.capacity();
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int row = c; row < perRow.length; row += channels) {
                sum += perRow[row];
            }
            perChannel.put(c, (float) sum);
        }
    }
}
