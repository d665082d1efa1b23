package dev.fern.cocoeval.numpy;

/** Functions of C's library where Java's differ. */
public final class CMath {
    private CMath() {}

    /**
     * C's {@code fmin}, which prefers a number to NaN.
     *
     * @param a any number
     * @param b any number
     * @return the lesser one
     */
    public static double lesser(double a, double b) {
        return a <= b || b != b ? a : b;
    }

    /**
     * C's {@code fmax}, which prefers a number to NaN.
     *
     * @param a any number
     * @param b any number
     * @return the greater one
     */
    public static double greater(double a, double b) {
        return a >= b || b != b ? a : b;
    }
}
