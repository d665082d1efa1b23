package dev.fern.tools.annotation;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers as text files have them. */
public final class Decimals {

    /** Beyond any measure of pixels, where doubles of fractions are noise. */
    private static final double MILLIONTHS = 1e6;

    private Decimals() {}

    /**
     * Writes a finite number without an exponent, rounded, and without zeros at its end.
     *
     * @param number finite
     * @param digits after the point at most
     * @return such as {@code 12.5}
     */
    public static String text(double number, int digits) {
        BigDecimal rounded = BigDecimal.valueOf(number).setScale(digits, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /**
     * Rounds a measure in pixels that was computed from fractions.
     *
     * @param computed in pixels
     * @return the nearest millionth
     */
    public static double pixels(double computed) {
        return Math.rint(computed * MILLIONTHS) / MILLIONTHS;
    }
}
