package dev.fern.backbone.loop;

/**
 * Accurate sums of float32 values at the speed of vector instructions. Long arrays are folded:
 * eight values become one by float32 additions in pairs, until few are left, which are added in
 * float64. The error grows with the logarithm of the length, as it does in pairwise summation
 * (Higham, SIAM J. Sci. Comput. 1993).
 */
public final class Sums {

    /** Shorter arrays are added in float64 alone. */
    private static final int SHORTEST_FOLDED = 256;

    /** How many values become one. */
    private static final int FOLD = 8;

    /**
     * How many values of a fold lie beside each other: few enough that a fold stays in the cache.
     */
    private static final int LANES = 256;

    private Sums() {}

    /**
     * {@return sum(a_i * b_i), over the elements of {@code a}}
     *
     * @param a the values a_i
     * @param b the values b_i, no fewer; those beyond the length of {@code a} do not count
     */
    public static double dot(float[] a, float[] b) {
        if (isExact(a.length)) {
            return dot(a, b, 0);
        }
        int blocks = blocks(a.length);
        int lanes = a.length / (FOLD * blocks);
        float[] folded = new float[lanes * blocks];
        for (int block = 0; block < blocks; block++) {
            foldProducts(a, b, block * FOLD * lanes, folded, block * lanes, lanes);
        }
        double sum = sum(folded) + dot(a, b, FOLD * folded.length);
        return Double.isFinite(sum) ? sum : dot(a, b, 0); // float32 may have overflowed
    }

    /**
     * {@return whether arrays of this length are added in float64 alone, by any method of this
     * class}
     *
     * @param length number of values, 0 or more
     */
    public static boolean isExact(int length) {
        return length < SHORTEST_FOLDED;
    }

    /**
     * {@return the same sum as {@link #dot}, added in float64 alone, which takes longer}
     *
     * @param a the values a_i
     * @param b the values b_i, no fewer; those beyond the length of {@code a} do not count
     */
    public static double exactDot(float[] a, float[] b) {
        return dot(a, b, 0);
    }

    /**
     * {@return sum(a_i)}
     *
     * @param a the values a_i; their sum is 0 if there are none
     */
    public static double sum(float[] a) {
        if (isExact(a.length)) {
            return sum(a, 0);
        }
        int blocks = blocks(a.length);
        int lanes = a.length / (FOLD * blocks);
        float[] folded = new float[lanes * blocks];
        for (int block = 0; block < blocks; block++) {
            fold(a, block * FOLD * lanes, folded, block * lanes, lanes);
        }
        double sum = sum(folded) + sum(a, FOLD * folded.length);
        return Double.isFinite(sum) ? sum : sum(a, 0);
    }

    private static int blocks(int length) {
        return (length - 1) / (FOLD * LANES) + 1;
    }

    // The inner loops stand alone so that the JIT compiler vectorises each.

    private static void foldProducts(
            float[] a, float[] b, int from, float[] folded, int to, int lanes) {
        int i1 = from + lanes;
        int i2 = i1 + lanes;
        int i3 = i2 + lanes;
        int i4 = i3 + lanes;
        int i5 = i4 + lanes;
        int i6 = i5 + lanes;
        int i7 = i6 + lanes;
        for (int j = 0; j < lanes; j++) {
            folded[to + j] =
                    ((a[from + j] * b[from + j] + a[i1 + j] * b[i1 + j])
                                    + (a[i2 + j] * b[i2 + j] + a[i3 + j] * b[i3 + j]))
                            + ((a[i4 + j] * b[i4 + j] + a[i5 + j] * b[i5 + j])
                                    + (a[i6 + j] * b[i6 + j] + a[i7 + j] * b[i7 + j]));
        }
    }

    private static void fold(float[] a, int from, float[] folded, int to, int lanes) {
        int i1 = from + lanes;
        int i2 = i1 + lanes;
        int i3 = i2 + lanes;
        int i4 = i3 + lanes;
        int i5 = i4 + lanes;
        int i6 = i5 + lanes;
        int i7 = i6 + lanes;
        for (int j = 0; j < lanes; j++) {
            folded[to + j] =
                    ((a[from + j] + a[i1 + j]) + (a[i2 + j] + a[i3 + j]))
                            + ((a[i4 + j] + a[i5 + j]) + (a[i6 + j] + a[i7 + j]));
        }
    }

    private static double dot(float[] a, float[] b, int from) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = from;
        for (; i + 4 <= a.length; i += 4) {
            s0 += (double) a[i] * b[i];
            s1 += (double) a[i + 1] * b[i + 1];
            s2 += (double) a[i + 2] * b[i + 2];
            s3 += (double) a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += (double) a[i] * b[i];
        }
        return s0 + s1 + s2 + s3;
    }

    private static double sum(float[] a, int from) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = from;
        for (; i + 4 <= a.length; i += 4) {
            s0 += a[i];
            s1 += a[i + 1];
            s2 += a[i + 2];
            s3 += a[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += a[i];
        }
        return s0 + s1 + s2 + s3;
    }
}
