package dev.fern.tools.dataset;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A range of whole numbers, both ends included. Its text is {@code MIN-MAX}, or {@code N} for one
 * number alone.
 *
 * @param min the smallest number, at least 0
 * @param max the largest number, at least {@code min}
 */
public record IntRange(int min, int max) {

    /**
     * Checks the order.
     *
     * @param min at least 0
     * @param max at least {@code min}
     * @throws IllegalArgumentException if they are not
     */
    public IntRange {
        if (min < 0 || max < min) {
            throw new IllegalArgumentException(
                    "range " + min + "-" + max + ": wanted 0 <= MIN <= MAX");
        }
    }

    @Override
    public String toString() {
        return min + "-" + max;
    }

    /** Reads the text of an option. */
    static final class Converter implements ITypeConverter<IntRange> {
        @Override
        public IntRange convert(String text) {
            String[] ends = text.split("-", 2);
            try {
                return new IntRange(
                        Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
            } catch (NumberFormatException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no range of whole numbers, such as 1-17");
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "': MIN is larger than MAX");
            }
        }
    }
}
