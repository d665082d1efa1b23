package dev.fern.tools.console;

import java.util.Locale;

/** Makes texts from elsewhere, such as file names, safe to print on a line of their own. */
public final class VisibleText {

    private VisibleText() {}

    /**
     * Replaces the characters of a text that break lines and columns, control a terminal or turn
     * the direction of writing by Java's escapes, such as {@code \t}, {@code \n} or <code>
     * &#92;u001b</code>.
     *
     * @param text its {@code toString()} is taken
     * @return the text on one line
     */
    public static String of(Object text) {
        StringBuilder visible = new StringBuilder();
        String.valueOf(text)
                .codePoints()
                .forEach(
                        c -> {
                            switch (c) {
                                case '\t' -> visible.append("\\t");
                                case '\n' -> visible.append("\\n");
                                case '\r' -> visible.append("\\r");
                                default -> {
                                    if (isPrintable(c)) {
                                        visible.appendCodePoint(c);
                                    } else {
                                        visible.append(String.format(Locale.ROOT, "\\u%04x", c));
                                    }
                                }
                            }
                        });
        return visible.toString();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> true;
        };
    }
}
