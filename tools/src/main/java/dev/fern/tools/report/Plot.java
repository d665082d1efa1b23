package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import java.util.Locale;

/** An SVG plot of curves and bars. */
final class Plot {
    private static final int WIDTH = 460;
    private static final int LEFT = 60;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 46;

    /** What a second row of labels takes. */
    private static final int LABEL_ROW = 15;

    private final StringBuilder svg = new StringBuilder();
    private final Axis xAxis;
    private final Axis yAxis;
    private final int height;
    private final int bottom;

    /**
     * Draws the axes.
     *
     * @param height of the whole, in units of which it is 460 wide
     */
    Plot(Axis xAxis, Axis yAxis, int height) {
        this.xAxis = xAxis;
        this.yAxis = yAxis;
        this.height = height;
        boolean twoRows = xAxis.ticks().stream().anyMatch(tick -> !tick.below().isEmpty());
        bottom = BOTTOM + (twoRows ? LABEL_ROW : 0);
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by"
                                + " %s\">",
                        WIDTH,
                        height,
                        escape(yAxis.title()),
                        escape(xAxis.title())));
        for (Axis.Tick tick : yAxis.ticks()) {
            segment(0, tick.at(), xAxis.most(), tick.at(), "grid");
            label(LEFT - 8, y(tick.at()) + 4, "end", tick.label());
        }
        for (Axis.Tick tick : xAxis.ticks()) {
            segment(tick.at(), 0, tick.at(), yAxis.most(), "grid");
            double y = height - bottom + 18;
            label(x(tick.at()), y, "middle", tick.label());
            label(x(tick.at()), y + LABEL_ROW, "middle", tick.below());
        }
        label(x(xAxis.most() / 2), height - 8, "middle", xAxis.title());
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text transform=\"translate(13 %s) rotate(-90)\""
                                + " text-anchor=\"middle\">%s</text>",
                        coordinate(y(yAxis.most() / 2)),
                        escape(yAxis.title())));
    }

    /** A line of a CSS class. */
    Plot segment(double x1, double y1, double x2, double y2, String style) {
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
     * A curve; what is not finite is left out, and what lies above the plot is drawn at its edge.
     *
     * @param hint shown when the pointer rests on it
     */
    Plot curve(double[] xs, double[] ys, String color, double width, String hint) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            if (Double.isFinite(ys[i])) {
                points.append(coordinate(x(xs[i]))).append(',');
                points.append(coordinate(y(Math.min(ys[i], yAxis.most())))).append(' ');
            }
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

    /** A point; {@code hint} as in {@link #curve}. */
    Plot dot(double x, double y, String color, String hint) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<circle cx=\"%s\" cy=\"%s\" r=\"3.2\" fill=\"%s\"><title>%s</title></circle>",
                        coordinate(x(x)),
                        coordinate(y(Math.min(y, yAxis.most()))),
                        color,
                        escape(hint)));
        return this;
    }

    /** A bar from the bottom; {@code hint} as in {@link #curve}. */
    Plot bar(double x1, double x2, double y, String style, String hint) {
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
        if (!text.isEmpty()) {
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>",
                            coordinate(x),
                            coordinate(y),
                            anchor,
                            escape(text)));
        }
    }

    private double x(double value) {
        return LEFT + value / xAxis.most() * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return height - bottom - value / yAxis.most() * (height - TOP - bottom);
    }

    /** The whole element. */
    String svg() {
        return svg + "</svg>";
    }
}
