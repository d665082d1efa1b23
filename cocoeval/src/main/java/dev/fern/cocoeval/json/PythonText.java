package dev.fern.cocoeval.json;

import java.util.OptionalDouble;
import java.util.regex.Pattern;

/** Strings where numbers belong, converted as Python's {@code float()} and {@code int()} do. */
public final class PythonText {
    private static final Pattern UNDERSCORE = Pattern.compile("(?<=[0-9])_(?=[0-9])");
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?(?:[0-9]++\\.?[0-9]*+|\\.[0-9]++)(?:[eE][+-]?[0-9]++)?");
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]++");
    private static final Pattern INFINITE = Pattern.compile("(?i)[+-]?inf(?:inity)?");
    private static final Pattern NOT_A_NUMBER = Pattern.compile("(?i)[+-]?nan");

    private PythonText() {}

    /**
     * Converts a string as Python's {@code float()} does.
     *
     * @param text may have white space around it and underscores between digits
     * @return NaN and the infinities too; empty where Python raises ValueError
     */
    public static OptionalDouble toFloat(String text) {
        String number = UNDERSCORE.matcher(text.strip()).replaceAll("");
        if (DECIMAL.matcher(number).matches()) {
            return OptionalDouble.of(Double.parseDouble(number));
        }
        if (INFINITE.matcher(number).matches()) {
            return OptionalDouble.of(
                    number.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        return NOT_A_NUMBER.matcher(number).matches()
                ? OptionalDouble.of(Double.NaN)
                : OptionalDouble.empty();
    }

    /**
     * Converts a string as Python's {@code int()} does.
     *
     * @param text may have white space around it and underscores between digits
     * @return the nearest double; empty where Python raises ValueError
     */
    public static OptionalDouble toInt(String text) {
        String number = UNDERSCORE.matcher(text.strip()).replaceAll("");
        return INTEGER.matcher(number).matches()
                ? OptionalDouble.of(Double.parseDouble(number))
                : OptionalDouble.empty();
    }
}
