package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import java.util.Locale;

/**
 * Writes an {@code <svg>} element that stands within a page: its size and the look of its texts are
 * those of the page's style sheet. Needs no fonts on this machine.
 */
final class SvgCanvas implements Canvas {

    /** Length of {@code #rrggbb}. */
    private static final int OPAQUE = 7;

    private final StringBuilder svg = new StringBuilder();

    /**
     * Begins an element.
     *
     * @param style classes of the style sheet
     * @param label for readers who can't see it
     */
    SvgCanvas(String style, int width, int height, String label) {
        append(
                "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\""
                        + " stroke-linecap=\"round\" stroke-linejoin=\"round\">",
                style, width, height, escape(label));
    }

    @Override
    public void line(double x1, double y1, double x2, double y2, Stroke stroke) {
        append(
                "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"%s/>",
                coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2), attributes(stroke));
    }

    @Override
    public void curve(double[] xs, double[] ys, Stroke stroke, String hint) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            points.append(i == 0 ? "" : " ").append(coordinate(xs[i]));
            points.append(',').append(coordinate(ys[i]));
        }
        shape("polyline", "points=\"" + points + "\" fill=\"none\"" + attributes(stroke), hint);
    }

    @Override
    public void circle(double x, double y, double radius, String color, String hint) {
        shape(
                "circle",
                String.format(
                        Locale.ROOT,
                        "cx=\"%s\" cy=\"%s\" r=\"%s\"%s",
                        coordinate(x),
                        coordinate(y),
                        coordinate(radius),
                        paint("fill", color)),
                hint);
    }

    @Override
    public void rectangle(
            double x, double y, double width, double height, String color, String hint) {
        shape(
                "rect",
                String.format(
                        Locale.ROOT,
                        "x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"%s",
                        coordinate(x),
                        coordinate(y),
                        coordinate(width),
                        coordinate(height),
                        paint("fill", color)),
                hint);
    }

    private void shape(String element, String attributes, String hint) {
        append("<%s %s", element, attributes);
        if (hint.isEmpty()) {
            append("/>");
        } else {
            append("><title>%s</title></%s>", escape(hint), element);
        }
    }

    @Override
    public void text(double x, double y, TextStyle style, String text) {
        String place =
                style.turn() == 0
                        ? "x=\"%s\" y=\"%s\"".formatted(coordinate(x), coordinate(y))
                        : "transform=\"translate(%s %s) rotate(%s)\""
                                .formatted(coordinate(x), coordinate(y), coordinate(style.turn()));
        append("<text %s", place);
        if (style.anchor() != Anchor.START) {
            append(" text-anchor=\"%s\"", style.anchor().name().toLowerCase(Locale.ROOT));
        }
        String look =
                (style.size() == 0 ? "" : "font-size:" + coordinate(style.size()) + "px;")
                        + (style.color().isEmpty()
                                ? ""
                                : "fill:" + Palette.css(style.color()) + ";")
                        + (style.bold() ? "font-weight:600;" : "");
        if (!look.isEmpty()) {
            append(" style=\"%s\"", look);
        }
        append(">%s</text>", escape(text));
    }

    /**
     * Returns the attributes for a colour, with its opacity apart from it.
     *
     * @param kind fill or stroke
     * @param color {@code #rrggbb} or {@code #rrggbbaa}
     */
    private static String paint(String kind, String color) {
        String opaque = color.substring(0, OPAQUE);
        String paint = " %s=\"%s\"".formatted(kind, Palette.css(opaque));
        return color.length() == OPAQUE
                ? paint
                : paint
                        + " %s-opacity=\"%s\""
                                .formatted(
                                        kind,
                                        coordinate(
                                                Integer.parseInt(color.substring(OPAQUE), 16)
                                                        / 255.0));
    }

    private static String attributes(Stroke stroke) {
        return "%s stroke-width=\"%s\"%s"
                .formatted(
                        paint("stroke", stroke.color()),
                        coordinate(stroke.width()),
                        stroke.dashed() ? " stroke-dasharray=\"4 4\"" : "");
    }

    private void append(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }

    /** Returns the whole element. */
    String svg() {
        return svg + "</svg>";
    }
}
