package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.tools.report.Canvas.Stroke;
import dev.fern.tools.report.Canvas.TextStyle;
import java.util.ArrayList;
import java.util.List;

/**
 * Differences with their intervals, one below the other around a common zero, and the numbers
 * beside them. In colour are the differences whose intervals leave 0 out.
 */
public final class ForestPlot {

    private static final int LEFT = 190;
    private static final int PLOT = 420;
    private static final int WIDTH = 940;
    private static final int ROW = 26;
    private static final int TOP = 44;
    private static final int LONGEST_NAME = 26;
    private static final int LONGEST_NARROW_NAME = 20;

    private static final int NARROW_WIDTH = 360;
    private static final int NARROW_MARGIN = 24;
    private static final int NARROW_ROW = 46;

    private static final double POINT_RADIUS = 5;
    private static final double INTERVAL_WIDTH = 3;
    private static final String BETTER = "#00a878";

    private static final List<String> HEADINGS = List.of("A", "B", "B − A", "p");

    /** The right edges of the numbers under {@link #HEADINGS}. */
    private static final int[] COLUMNS = {690, 755, 835, 905};

    private final List<String> names = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();

    /**
     * Adds a row below the others.
     *
     * @param name plain text; what is longer than 26 characters is cut
     * @param difference of B to A; without resamples it has no interval
     */
    public void row(String name, Difference difference) {
        names.add(name);
        differences.add(difference);
    }

    /** {@return the plot as elements of a page: one for wide screens, one for phones} */
    public String svg() {
        return broad() + narrow();
    }

    /** Returns the plot with the numbers above each interval. */
    private String narrow() {
        double reach = reach();
        int bottom = TOP + NARROW_ROW * names.size();
        SvgCanvas canvas =
                new SvgCanvas(
                        "forest narrow", NARROW_WIDTH, bottom + 12, "differences with intervals");
        Span span = new Span(NARROW_MARGIN, NARROW_WIDTH - 2 * NARROW_MARGIN, reach);
        ticks(canvas, span, bottom);
        for (int i = 0; i < names.size(); i++) {
            Difference d = differences.get(i);
            int top = TOP + NARROW_ROW * i;
            canvas.text(
                    0,
                    top + 14,
                    TextStyle.START.inBold(),
                    shortened(names.get(i), LONGEST_NARROW_NAME));
            canvas.text(
                    NARROW_WIDTH,
                    top + 14,
                    TextStyle.END,
                    "A %s  B %s  %s".formatted(score(d.a()), score(d.b()), signed(d.difference())));
            interval(canvas, span, d, top + 30);
        }
        return canvas.svg();
    }

    private String broad() {
        double reach = reach();
        int bottom = TOP + ROW * names.size();
        SvgCanvas canvas =
                new SvgCanvas("forest broad", WIDTH, bottom + 12, "differences with intervals");
        Span span = new Span(LEFT, PLOT, reach);
        ticks(canvas, span, bottom);
        for (int i = 0; i < COLUMNS.length; i++) {
            canvas.text(COLUMNS[i], TOP - 16, TextStyle.END, HEADINGS.get(i));
        }
        for (int i = 0; i < names.size(); i++) {
            row(canvas, names.get(i), differences.get(i), TOP + ROW * i + ROW / 2, span);
        }
        return canvas.svg();
    }

    /** Returns the largest distance from zero, rounded up to 1, 2 or 5 times a power of ten. */
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

    /** Where the differences from {@code -reach} to {@code reach} lie. */
    private record Span(int left, int width, double reach) {
        double x(double value) {
            return left + width * (value / reach + 1) / 2;
        }
    }

    private static void ticks(Canvas canvas, Span span, int bottom) {
        for (int tick = -2; tick <= 2; tick++) {
            double value = tick * span.reach / 2;
            double x = span.x(value);
            Stroke stroke = tick == 0 ? Stroke.of(Palette.MUTED, 1.2) : Stroke.of(Palette.GRID, 1);
            canvas.line(x, TOP - 8, x, bottom, stroke);
            canvas.text(x, TOP - 16, TextStyle.MIDDLE, signed(value));
        }
    }

    private static String shortened(String name, int most) {
        return name.length() > most ? name.substring(0, most - 1) + "…" : name;
    }

    private static void row(Canvas canvas, String name, Difference d, int middle, Span span) {
        int line = middle + 4;
        canvas.text(LEFT - 12, line, TextStyle.END, shortened(name, LONGEST_NAME));
        canvas.text(COLUMNS[0], line, TextStyle.END, score(d.a()));
        canvas.text(COLUMNS[1], line, TextStyle.END, score(d.b()));
        canvas.text(COLUMNS[2], line, TextStyle.END, signed(d.difference()));
        if (d.resamples() > 0 && !Double.isNaN(d.difference())) {
            canvas.text(COLUMNS[3], line, TextStyle.END, score(d.pValue()));
        }
        interval(canvas, span, d, middle);
    }

    private static void interval(Canvas canvas, Span span, Difference d, int middle) {
        if (Double.isNaN(d.difference())) {
            return;
        }
        boolean isOpen = !(d.low() > 0 || d.high() < 0);
        String color = d.low() > 0 ? BETTER : Palette.VERMILION;
        if (d.resamples() > 0) {
            canvas.line(
                    span.x(d.low()),
                    middle,
                    span.x(d.high()),
                    middle,
                    Stroke.of(isOpen ? Palette.INTERVAL : color, INTERVAL_WIDTH));
        }
        canvas.circle(
                span.x(d.difference()), middle, POINT_RADIUS, isOpen ? Palette.MUTED : color, "");
    }

    private static String signed(double value) {
        return value == 0 ? "0" : HtmlText.difference(value);
    }
}
