package dev.fern.cocoeval.json;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * Reads the numbers of a JSON document, one after the other, out of the bytes that a {@link
 * JsonScanner} holds. A number's value can be asked for as long as these bytes stay as they are.
 *
 * <p>Both steps run over the buffer without an object per number: most of the bytes of a results
 * file are digits.
 */
final class JsonNumber {
    /** Python sets no such bound for fractions; no honest file has as many digits. */
    static final int MAX_LENGTH = 1 << 15;

    /** Python's {@code int} takes no longer literal. */
    private static final int MAX_INTEGER_DIGITS = 4300;

    /** So many decimal digits fit into a {@code long}. */
    private static final int MAX_PLAIN_DIGITS = 18;

    private final byte[] bytes;
    private int start;
    private int firstDigit;
    private int end;
    private boolean integer;

    /** Whether the value is {@link #mantissa} * 10^{@link #exponent}, without a digit left out. */
    private boolean plain;

    private long mantissa;
    private int exponent;

    /** The value of NaN or an infinity, which has no digits. */
    private double nonFinite;

    private boolean finite;

    /**
     * @param bytes where all numbers will lie, one after the other
     */
    JsonNumber(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Makes NaN or an infinity the number read last. */
    void setNonFinite(double value) {
        finite = false;
        integer = false;
        nonFinite = value;
    }

    /**
     * Reads the number that starts at {@code from}, where there is a minus sign or a digit.
     *
     * @param limit where the buffer ends, {@link #MAX_LENGTH} + 1 bytes on unless the document ends
     *     before
     * @return where the number ends; if a digit is missing, {@code ~i} with the index {@code i} at
     *     which it should stand
     */
    int scan(int from, int limit) {
        byte[] buffer = bytes;
        int first = buffer[from] == '-' ? from + 1 : from;
        int at = first;
        long digits = 0;
        if (at < limit && buffer[at] == '0') {
            at++;
        } else {
            for (; at < limit; at++) {
                int digit = buffer[at] - '0';
                if (digit < 0 || digit > 9) {
                    break;
                }
                digits = 10 * digits + digit;
            }
        }
        if (at == first) {
            return ~at;
        }
        int significant = buffer[first] == '0' ? 0 : at - first;
        boolean whole = true;
        int fraction = 0;
        if (at < limit && buffer[at] == '.') {
            whole = false;
            int point = at++;
            int zeros = 0;
            for (; at < limit; at++) {
                int digit = buffer[at] - '0';
                if (digit < 0 || digit > 9) {
                    break;
                }
                digits = 10 * digits + digit;
                // it may wrap round to 0, but only where more digits than are plain went before
                if (digits == 0) {
                    zeros++;
                }
            }
            fraction = at - point - 1;
            if (fraction == 0) {
                return ~at;
            }
            significant += significant > 0 ? fraction : fraction - zeros;
        }
        int power = 0;
        if (at < limit && (buffer[at] == 'e' || buffer[at] == 'E')) {
            whole = false;
            int sign = ++at;
            if (at < limit && (buffer[at] == '-' || buffer[at] == '+')) {
                at++;
            }
            int firstOfPower = at;
            for (; at < limit && isDigit(buffer[at]); at++) {
                power = Math.min(10 * power + (buffer[at] - '0'), 100_000);
            }
            if (at == firstOfPower) {
                return ~at;
            }
            power = buffer[sign] == '-' ? -power : power;
        }
        start = from;
        firstDigit = first;
        end = at;
        finite = true;
        integer = whole;
        plain = significant <= MAX_PLAIN_DIGITS;
        exponent = power - fraction;
        mantissa = first > from ? -digits : digits;
        return at;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** Tells what is wrong with a number that is too long, or returns null. */
    String excess() {
        if (end - start > MAX_LENGTH) {
            return "a number of more than " + MAX_LENGTH + " characters";
        }
        return integer && end - firstDigit > MAX_INTEGER_DIGITS
                ? "an integer of more than " + MAX_INTEGER_DIGITS + " digits"
                : null;
    }

    /** Whether the number was written without fraction and exponent. */
    boolean isInteger() {
        return integer;
    }

    /** Whether it is an integer of at most 18 digits, which {@link #mantissa} holds. */
    boolean isShortInteger() {
        return integer && plain;
    }

    long mantissa() {
        return mantissa;
    }

    /** The nearest double; infinite for a number beyond the range of doubles. */
    double toDouble() {
        if (!finite) {
            return nonFinite;
        }
        if (plain) {
            double magnitude = DecimalNumber.nearest(Math.abs(mantissa), exponent);
            if (magnitude == magnitude) {
                // Python has no negative zero among integers
                boolean negative = firstDigit > start && !(integer && mantissa == 0);
                return negative ? -magnitude : magnitude;
            }
        }
        return Double.parseDouble(text());
    }

    /** A {@link Long} or {@link BigInteger} if written as an integer, else a {@link Double}. */
    Number toNumber() {
        if (!integer) {
            return toDouble();
        }
        if (isShortInteger()) {
            return mantissa;
        }
        BigInteger big = new BigInteger(text());
        return big.bitLength() < Long.SIZE ? (Number) big.longValue() : big;
    }

    private String text() {
        return new String(bytes, start, end - start, StandardCharsets.US_ASCII);
    }
}
