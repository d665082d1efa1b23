package dev.fern.tools.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/** Text and numbers as they stand in HTML and SVG. */
public final class HtmlText {
    private static final List<String> MAGNITUDES = List.of("", "k", "M", "G", "T");

    private HtmlText() {}

    /** Shows text as it is, whatever it holds; control characters become question marks. */
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

    /** Controls, and the format characters among which are those that reverse the text. */
    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
    }

    /** Three decimals; a dash for -1, which stands for undefined. */
    public static String score(double value) {
        return value == -1 ? "&#8211;" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** A coordinate with at most two decimals. */
    public static String coordinate(double value) {
        double rounded = Math.rint(value * 100) / 100;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : Double.toString(rounded);
    }

    /** A count with thin spaces between groups of three digits. */
    public static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value).replace(",", "&#8239;");
    }

    /** At most three digits: thousands as k, millions as M, small numbers as 2e-5. */
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
