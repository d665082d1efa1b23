package dev.fern.cocoeval.json;

import java.math.BigInteger;

/**
 * Turns decimal numbers into the nearest double without an object per number, by the algorithm of
 * Lemire, "Number Parsing at a Gigabyte per Second" (2021), for the exponents that occur in boxes
 * and scores. Otherwise {@link Double#parseDouble} would take most of the time of reading results.
 */
final class DecimalNumber {
    private static final int LEAST_EXPONENT = -64;
    private static final int EXPLICIT_BITS = 52;

    /** The 128 leading bits of 10^{@code LEAST_EXPONENT + i}, rounded up, the first one set. */
    private static final long[] HIGH = new long[-LEAST_EXPONENT];

    private static final long[] LOW = new long[-LEAST_EXPONENT];

    private static final double[] POWERS_OF_TEN = new double[23];

    static {
        for (int i = 0; i < HIGH.length; i++) {
            BigInteger divisor = BigInteger.TEN.pow(-LEAST_EXPONENT - i);
            BigInteger bits = BigInteger.ONE.shiftLeft(127 + divisor.bitLength()).divide(divisor);
            // none of these powers ends in binary
            bits = bits.shiftRight(bits.bitLength() - 128).add(BigInteger.ONE);
            HIGH[i] = bits.shiftRight(64).longValue();
            LOW[i] = bits.longValue();
        }
        for (int i = 0; i < POWERS_OF_TEN.length; i++) {
            POWERS_OF_TEN[i] = Double.parseDouble("1e" + i);
        }
    }

    private DecimalNumber() {}

    /**
     * The double nearest to {@code mantissa * 10^exponent}, or NaN where the algorithm can't tell.
     *
     * @param mantissa 0 to 10^18
     */
    static double nearest(long mantissa, int exponent) {
        if (mantissa <= 1L << 53 && exponent >= -22 && exponent <= 22) {
            // both factors are exact, so the one rounding is the right one
            return exponent < 0
                    ? mantissa / POWERS_OF_TEN[-exponent]
                    : mantissa * POWERS_OF_TEN[exponent];
        }
        if (mantissa == 0 || exponent < LEAST_EXPONENT || exponent >= 0) {
            return mantissa == 0 ? 0 : Double.NaN;
        }
        int shift = Long.numberOfLeadingZeros(mantissa);
        long w = mantissa << shift;
        long high = multiplyHigh(w, HIGH[exponent - LEAST_EXPONENT]);
        long low = w * HIGH[exponent - LEAST_EXPONENT];
        if ((high & 0x1ff) == 0x1ff && Long.compareUnsigned(low + w, low) < 0) {
            // the bits below those known so far may carry into the ones that count
            long middle = low + multiplyHigh(w, LOW[exponent - LEAST_EXPONENT]);
            if (Long.compareUnsigned(middle, low) < 0) {
                high++;
            }
            low = middle;
        }
        // the product is now exact, cut off, or too large by 1 in its last bit
        int upperBit = (int) (high >>> 63);
        long rounded = high >>> upperBit + 9;
        if ((low == 0 || low == 1) && (high & 0x1ff) == 0 && (rounded & 1) == 1) {
            // perhaps exactly halfway between two doubles, or just below
            return Double.NaN;
        }
        rounded = rounded + (rounded & 1) >>> 1;
        // floor(log2(10^exponent)) by a multiplication
        int binary = (217706 * exponent >> 16) + 1024 + 63 - shift - (1 ^ upperBit);
        if (rounded == 1L << EXPLICIT_BITS + 1) {
            rounded >>>= 1;
            binary++;
        }
        return binary < 1 || binary > 2046
                ? Double.NaN
                : Double.longBitsToDouble(
                        (long) binary << EXPLICIT_BITS | rounded & (1L << EXPLICIT_BITS) - 1);
    }

    /** The upper half of the product of two unsigned numbers. */
    private static long multiplyHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }
}
