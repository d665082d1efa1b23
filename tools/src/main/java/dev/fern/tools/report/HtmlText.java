package dev.fern.tools.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/** Text and numbers as pages and plots show them. All but {@link #escape} return plain text. */
public final class HtmlText {
    private static final List<String> MAGNITUDES = List.of("", "k", "M", "G", "T");

    /** Between groups of three digits: a thin space at which no line is broken. */
    private static final String THIN_SPACE = "\u202f";

    private HtmlText() {}

    /**
     * Returns HTML that shows a text as it is, whatever it holds. Control and format characters,
     * some of which reverse the text after them, become question marks.
     *
     * @param text any text, as from a file of another's making
     * @return HTML that can stand in an element or in an attribute's quotes
     */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(isInvisible(c) ? '?' : c);
            }
        }
        return escaped.toString();
    }

    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
    }

    /**
     * Returns a score with three decimals.
     *
     * @param value a score; -1 or NaN where it is undefined
     * @return {@code 0.123}, or a dash where it is undefined
     */
    public static String score(double value) {
        return value == -1 || Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
    }

    /**
     * Returns a difference of scores with its sign and three decimals.
     *
     * @param value a difference; NaN where it is undefined
     * @return {@code +0.012} or, with a minus sign, {@code −0.012}; a dash where it is undefined
     */
    public static String difference(double value) {
        return Double.isNaN(value)
                ? "–"
                : String.format(Locale.ROOT, "%+.3f", value).replace('-', '−');
    }

    /** Returns a coordinate with at most two decimals, as SVG takes it. */
    static String coordinate(double value) {
        double rounded = Math.rint(value * 100) / 100;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : Double.toString(rounded);
    }

    /**
     * Returns a count with thin spaces between groups of three digits.
     *
     * @param value any number
     * @return such as {@code 12 345}
     */
    public static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value).replace(",", THIN_SPACE);
    }

    /**
     * Returns a number with at most three digits: thousands as k, millions as M, numbers below
     * 0.001 as 2e-5.
     */
    static String compact(BigDecimal value) {
        double number = value.doubleValue();
        if (number == 0) {
            return "0";
        }
        if (Math.abs(number) < 1e-3) {
            int exponent = (int) Math.floor(Math.log10(Math.abs(number)) + 1e-9);
            return plain(value.scaleByPowerOfTen(-exponent)) + "e" + exponent;
        }
        int thousands = 0;
        BigDecimal scaled = value;
        while (scaled.abs().doubleValue() >= 1000 && thousands < MAGNITUDES.size() - 1) {
            scaled = scaled.scaleByPowerOfTen(-3);
            thousands++;
        }
        return plain(scaled) + MAGNITUDES.get(thousands);
    }

    private static String plain(BigDecimal value) {
        return value.round(new MathContext(3)).stripTrailingZeros().toPlainString();
    }
}
