package dev.fern.tools.report;

import dev.fern.cocoeval.CocoMetric;
import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The two plots that a training run is judged by: loss by step, and average precision by epoch. */
public final class TrainingCurves {

    /** More would lie on the same pixels, and make an SVG of megabytes. */
    private static final int MAX_POINTS = 600;

    private TrainingCurves() {}

    /**
     * Each part of the loss and their sum: every step as a faint point, and a line of running
     * means. Values that are not finite are left out; where a few steps are far above the rest, the
     * axis ends below them.
     *
     * @param curves of a training
     */
    public static Figure loss(String title, StepCurves curves) {
        double[] steps = curves.steps();
        XYChart chart = chart(title, "step", steps, "loss");
        double[] total = curves.means(StepCurves.Value.LOSS);
        double[] classification = curves.means(StepCurves.Value.CLASSIFICATION);
        double[] box = curves.means(StepCurves.Value.REGRESSION);
        addPoints(chart, "total", steps, total, ChartStyle.BLACK);
        addPoints(chart, "classification", steps, classification, ChartStyle.BLUE);
        addPoints(chart, "box", steps, box, ChartStyle.VERMILION);
        addLine(chart, "total", steps, Smoothing.of(total), ChartStyle.BLACK);
        addLine(chart, "classification", steps, Smoothing.of(classification), ChartStyle.BLUE);
        addLine(chart, "box", steps, Smoothing.of(box), ChartStyle.VERMILION);
        chart.getStyler().setMarkerSize(4);
        double top = Smoothing.topWithoutSpikes(total);
        if (top > 0) {
            chart.getStyler().setYAxisMax(top);
        }
        return new Figure(chart);
    }

    /**
     * AP, AP50 and AP75, with the last and the best of each in the legend. Undefined scores (-1)
     * are left out.
     *
     * @param scores in order of their epochs
     */
    public static Figure averagePrecision(String title, List<EpochScores> scores) {
        double[] epochs = values(scores, EpochScores::epoch);
        XYChart chart = chart(title, "epoch", epochs, "average precision");
        addScores(
                chart,
                "AP50",
                epochs,
                values(scores, s -> s.of(CocoMetric.AP50)),
                ChartStyle.GREEN);
        addScores(
                chart,
                "AP75",
                epochs,
                values(scores, s -> s.of(CocoMetric.AP75)),
                ChartStyle.VERMILION);
        addScores(chart, "AP", epochs, values(scores, s -> s.of(CocoMetric.AP)), ChartStyle.BLUE);
        chart.getStyler().setYAxisMax(1.0);
        return new Figure(chart);
    }

    private static double[] values(List<EpochScores> scores, ToDoubleFunction<EpochScores> value) {
        return scores.stream().mapToDouble(value).toArray();
    }

    private static XYChart chart(String title, String xTitle, double[] x, String yTitle) {
        XYChart chart = ChartStyle.chart(title, xTitle, yTitle);
        XYStyler styler = chart.getStyler();
        // Wide enough apart that no tick stands between two epochs.
        double ticks = Math.max(1, Arrays.stream(x).max().orElse(1));
        styler.setXAxisTickMarkSpacingHint((int) Math.max(74, ChartStyle.WIDTH / ticks));
        styler.setXAxisMin(0.0);
        styler.setYAxisMin(0.0);
        return chart;
    }

    private static void addPoints(XYChart chart, String name, double[] x, double[] y, Color color) {
        addSeries(chart, name + " of single steps", x, y)
                .ifPresent(
                        series -> {
                            series.setShowInLegend(false);
                            series.setLineStyle(SeriesLines.NONE);
                            series.setMarker(SeriesMarkers.CIRCLE);
                            series.setMarkerColor(
                                    new Color(
                                            color.getRed(), color.getGreen(), color.getBlue(), 45));
                        });
    }

    private static void addLine(XYChart chart, String name, double[] x, double[] y, Color color) {
        addSeries(chart, name, x, y)
                .ifPresent(
                        series -> {
                            series.setMarker(SeriesMarkers.NONE);
                            series.setLineStyle(ChartStyle.LINE);
                            series.setLineColor(color);
                        });
    }

    private static void addScores(
            XYChart chart, String name, double[] epochs, double[] scores, Color color) {
        double[] defined =
                Arrays.stream(scores).map(score -> score < 0 ? Double.NaN : score).toArray();
        double best = Arrays.stream(defined).filter(Double::isFinite).max().orElse(Double.NaN);
        double last =
                Arrays.stream(defined)
                        .filter(Double::isFinite)
                        .reduce((a, b) -> b)
                        .orElse(Double.NaN);
        addSeries(
                        chart,
                        String.format(Locale.ROOT, "%s: last %.3f, best %.3f", name, last, best),
                        epochs,
                        defined)
                .ifPresent(
                        series -> {
                            series.setMarker(SeriesMarkers.CIRCLE);
                            series.setMarkerColor(color);
                            series.setLineStyle(ChartStyle.LINE);
                            series.setLineColor(color);
                        });
    }

    /**
     * Adds the finite values, thinned where they are many; nothing where there are none, which a
     * chart would refuse.
     */
    private static Optional<XYSeries> addSeries(
            XYChart chart, String name, double[] x, double[] y) {
        int stride = (y.length + MAX_POINTS - 1) / MAX_POINTS;
        int[] kept =
                IntStream.range(0, y.length)
                        .filter(i -> i % stride == 0 && Double.isFinite(y[i]))
                        .toArray();
        if (kept.length == 0) {
            return Optional.empty();
        }
        double[] keptX = Arrays.stream(kept).mapToDouble(i -> x[i]).toArray();
        double[] keptY = Arrays.stream(kept).mapToDouble(i -> y[i]).toArray();
        return Optional.of(chart.addSeries(name, keptX, keptY));
    }
}
