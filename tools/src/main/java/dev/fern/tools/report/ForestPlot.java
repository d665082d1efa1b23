package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.Comparison.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Differences with their intervals, one below the other around a common zero, as SVG. */
public final class ForestPlot {

    private static final int LEFT = 190;
    private static final int PLOT = 420;
    private static final int WIDTH = 940;
    private static final int ROW = 26;
    private static final int TOP = 44;
    private static final int LONGEST_NAME = 26;

    /** The numbers' right edges: A, B, B - A, p. */
    private static final int[] COLUMNS = {690, 755, 835, 905};

    private final List<String> names = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();

    /** Adds a row. */
    public void row(String name, Difference difference) {
        names.add(name);
        differences.add(difference);
    }

    /** The whole element. */
    public String svg() {
        double reach = reach();
        int bottom = TOP + ROW * names.size();
        StringBuilder svg = new StringBuilder();
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg class=\"forest\" viewBox=\"0 0 %d %d\" role=\"img\""
                                + " aria-label=\"differences with intervals\">",
                        WIDTH,
                        bottom + 12));
        for (int tick = -2; tick <= 2; tick++) {
            double value = tick * reach / 2;
            String x = coordinate(x(value, reach));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line class=\"%s\" x1=\"%s\" y1=\"%d\" x2=\"%s\" y2=\"%d\"/>",
                            tick == 0 ? "axis" : "grid",
                            x,
                            TOP - 8,
                            x,
                            bottom));
            text(svg, x, TOP - 16, "middle", signed(value));
        }
        String[] headings = {"A", "B", "B &#8722; A", "p"};
        for (int i = 0; i < headings.length; i++) {
            text(svg, Integer.toString(COLUMNS[i]), TOP - 16, "end", headings[i]);
        }
        for (int i = 0; i < names.size(); i++) {
            row(svg, names.get(i), differences.get(i), TOP + ROW * i + ROW / 2, reach);
        }
        return svg.append("</svg>").toString();
    }

    /** The largest distance from zero, rounded up to 1, 2 or 5 times a power of ten. */
    private double reach() {
        double largest = 1e-3;
        for (Difference d : differences) {
            for (double end : new double[] {d.difference(), d.low(), d.high()}) {
                if (!Double.isNaN(end)) {
                    largest = Math.max(largest, Math.abs(end));
                }
            }
        }
        double power = Math.pow(10, Math.floor(Math.log10(largest)));
        for (double step : new double[] {1, 2, 5}) {
            if (largest <= step * power) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private static double x(double value, double reach) {
        return LEFT + PLOT * (value / reach + 1) / 2;
    }

    private static void row(
            StringBuilder svg, String name, Difference d, int middle, double reach) {
        String shown =
                name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME - 1) + "…" : name;
        text(svg, Integer.toString(LEFT - 12), middle + 4, "end", escape(shown));
        text(svg, Integer.toString(COLUMNS[0]), middle + 4, "end", score(d.a()));
        text(svg, Integer.toString(COLUMNS[1]), middle + 4, "end", score(d.b()));
        if (Double.isNaN(d.difference())) {
            text(svg, Integer.toString(COLUMNS[2]), middle + 4, "end", "&#8211;");
            return;
        }
        text(svg, Integer.toString(COLUMNS[2]), middle + 4, "end", signed(d.difference()));
        if (d.resamples() > 0) {
            text(svg, Integer.toString(COLUMNS[3]), middle + 4, "end", score(d.pValue()));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line class=\"interval %s\" x1=\"%s\" y1=\"%d\" x2=\"%s\" y2=\"%d\"/>",
                            kind(d),
                            coordinate(x(d.low(), reach)),
                            middle,
                            coordinate(x(d.high(), reach)),
                            middle));
        }
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<circle class=\"%s\" cx=\"%s\" cy=\"%d\" r=\"5\"/>",
                        kind(d),
                        coordinate(x(d.difference(), reach)),
                        middle));
    }

    private static String kind(Difference d) {
        return d.low() > 0 ? "better" : d.high() < 0 ? "worse" : "open";
    }

    private static String signed(double value) {
        return value == 0
                ? "0"
                : String.format(Locale.ROOT, "%+.3f", value).replace("-", "&#8722;");
    }

    private static void text(StringBuilder svg, String x, int y, String anchor, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%s\" y=\"%d\" text-anchor=\"%s\">%s</text>",
                        x,
                        y,
                        anchor,
                        text));
    }
}
