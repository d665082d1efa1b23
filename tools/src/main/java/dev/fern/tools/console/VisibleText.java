package dev.fern.tools.console;

import java.util.Locale;

/** Makes texts from elsewhere, such as file names, safe to print on a line of their own. */
public final class VisibleText {

    private VisibleText() {}

    /**
     * Returns the text with characters that break lines and columns, command a terminal or turn the
     * direction of writing as Java writes them: {@code \t}, {@code \n}, {@code \u001b}.
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
