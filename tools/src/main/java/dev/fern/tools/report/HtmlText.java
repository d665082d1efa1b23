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
     * Returns HTML that shows a text as it is, whatever it holds; control and format characters
     * become question marks.
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

    /** Some format characters reverse the text after them. */
    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
    }

    /** Returns a number with three decimals; a dash for -1, which stands for undefined, and NaN. */
    public static String score(double value) {
        return value == -1 || Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** Returns a difference with its sign and three decimals; a dash for NaN. */
    public static String difference(double value) {
        return Double.isNaN(value)
                ? "–"
                : String.format(Locale.ROOT, "%+.3f", value).replace('-', '−');
    }

    /** Returns a coordinate with at most two decimals. */
    public static String coordinate(double value) {
        double rounded = Math.rint(value * 100) / 100;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : Double.toString(rounded);
    }

    /** Returns a count with thin spaces between groups of three digits. */
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
