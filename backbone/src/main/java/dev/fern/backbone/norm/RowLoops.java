package dev.fern.backbone.norm;

import java.nio.FloatBuffer;

/** The inner loops of normalisers; each stands alone so that the JIT compiler vectorises it. */
final class RowLoops {

    private RowLoops() {}

    /** a = (a - centre) * scale + shift. */
    static void standardize(float[] a, float centre, float scale, float shift) {
        for (int i = 0; i < a.length; i++) {
            a[i] = (a[i] - centre) * scale + shift;
        }
    }

    static void add(float[] a, float[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += b[i];
        }
    }

    static void scale(float[] a, float factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] *= factor;
        }
    }

    static void threshold(float[] a, float tau) {
        for (int i = 0; i < a.length; i++) {
            a[i] = Math.max(a[i], tau);
        }
    }

    /**
     * Turns z into dy: dz where z is above tau, else 0. A factor of 0 or 1 instead of a branch,
     * which would be mispredicted half of the time.
     */
    static void maskThresholded(float[] z, float[] dz, float tau) {
        for (int i = 0; i < z.length; i++) {
            z[i] = Math.min((z[i] - tau) * Float.MAX_VALUE, 1f) * dz[i];
        }
    }

    /**
     * a = a * p + b * q + s, in float64: in a group of few elements the three cancel but for
     * epsilon's share.
     */
    static void combine(float[] a, double p, float[] b, double q, double s) {
        for (int i = 0; i < a.length; i++) {
            a[i] = (float) (a[i] * p + b[i] * q + s);
        }
    }

    /** Adds up a value of each row of [N, C] to one a channel. */
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
