package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.escape;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** An HTML page that needs nothing else: no script, no other file, no network. */
public final class HtmlPage {

    private final StringBuilder html = new StringBuilder();

    /**
     * Begins a page with its heading.
     *
     * @param title plain text
     */
    public HtmlPage(String title) {
        String name = escape(title);
        html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';")
                .append(" style-src 'unsafe-inline'; img-src data:\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>")
                .append(name)
                .append("</title>\n<style>")
                .append(style())
                .append("</style></head>\n<body><h1>")
                .append(name)
                .append("</h1>\n");
    }

    private static String style() {
        try (InputStream css = HtmlPage.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading a resource failed", e);
        }
    }

    /**
     * Adds HTML as it is.
     *
     * @param part elements of the body
     */
    public void append(String part) {
        html.append(part);
    }

    /**
     * Adds a section in a box of its own.
     *
     * @param heading HTML
     * @param explanation HTML, small below the heading; may be empty
     * @param body HTML
     */
    public void section(String heading, String explanation, String body) {
        html.append("<section><h2>").append(heading).append("</h2><p class=\"note\">");
        html.append(explanation).append("</p>").append(body).append("</section>\n");
    }

    /** {@return the whole page} */
    public String html() {
        return html + "</body></html>\n";
    }
}
