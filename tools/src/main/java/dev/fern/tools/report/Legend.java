package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.escape;

import java.util.Locale;

/** What the colours of a plot stand for. */
final class Legend {

    private final StringBuilder html = new StringBuilder("<ul class=\"legend\">");

    /**
     * Explains a colour.
     *
     * @param color as CSS writes it
     * @param name any text
     * @param value HTML, may be empty
     */
    Legend add(String color, String name, String value) {
        html.append(
                String.format(
                        Locale.ROOT,
                        "<li><i style=\"background:%s\"></i>%s <b>%s</b></li>",
                        color,
                        escape(name),
                        value));
        return this;
    }

    /** Adds a text. */
    Legend note(String text) {
        html.append("<li>").append(escape(text)).append("</li>");
        return this;
    }

    String html() {
        return html + "</ul>";
    }
}
