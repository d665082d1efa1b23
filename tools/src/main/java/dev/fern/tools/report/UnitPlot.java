package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import java.util.List;
import java.util.Locale;

/** An SVG plot of which both axes go from 0 to 1. */
final class UnitPlot {
    private static final int WIDTH = 460;
    private static final int HEIGHT = 400;
    private static final int LEFT = 52;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 46;

    private final StringBuilder svg = new StringBuilder();

    UnitPlot(String xTitle, String yTitle) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by"
                                + " %s\">",
                        WIDTH,
                        HEIGHT,
                        escape(yTitle),
                        escape(xTitle)));
        for (int tick = 0; tick <= 5; tick++) {
            double value = tick / 5.0;
            segment(0, value, 1, value, "grid");
            segment(value, 0, value, 1, "grid");
            label(LEFT - 8, y(value) + 4, "end", coordinate(value));
            label(x(value), HEIGHT - BOTTOM + 18, "middle", coordinate(value));
        }
        label(x(0.5), HEIGHT - 8, "middle", xTitle);
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text transform=\"translate(14 %s) rotate(-90)\""
                                + " text-anchor=\"middle\">%s</text>",
                        coordinate(y(0.5)),
                        escape(yTitle)));
    }

    /** A line of a CSS class. */
    UnitPlot segment(double x1, double y1, double x2, double y2, String style) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>",
                        style,
                        coordinate(x(x1)),
                        coordinate(y(y1)),
                        coordinate(x(x2)),
                        coordinate(y(y2))));
        return this;
    }

    /**
     * A curve.
     *
     * @param hint shown when the pointer rests on it
     */
    UnitPlot curve(List<Double> xs, List<Double> ys, String color, double width, String hint) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.size(); i++) {
            points.append(coordinate(x(xs.get(i)))).append(',');
            points.append(coordinate(y(ys.get(i)))).append(' ');
        }
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\""
                                + " stroke-linejoin=\"round\"><title>%s</title></polyline>",
                        points.toString().strip(),
                        color,
                        coordinate(width),
                        escape(hint)));
        return this;
    }

    /** A bar from the bottom; {@code hint} as in {@link #curve}. */
    UnitPlot bar(double x1, double x2, double y, String style, String hint) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
                                + "<title>%s</title></rect>",
                        style,
                        coordinate(x(x1) + 1),
                        coordinate(y(y)),
                        coordinate(x(x2) - x(x1) - 2),
                        coordinate(y(0) - y(y)),
                        escape(hint)));
        return this;
    }

    private void label(double x, double y, String anchor, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>",
                        coordinate(x),
                        coordinate(y),
                        anchor,
                        escape(text)));
    }

    private static double x(double value) {
        return LEFT + value * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value) {
        return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM);
    }

    /** The whole element. */
    String svg() {
        return svg + "</svg>";
    }
}
