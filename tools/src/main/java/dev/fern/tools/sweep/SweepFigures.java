package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.tools.report.ChartStyle;
import dev.fern.tools.report.Figure;
import dev.fern.tools.report.Smoothing;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plots of a sweep: a colour for each norm, faint for single seeds. */
final class SweepFigures {

    private static final int FAINT = 110;

    private static final int TICKS_APART = 110;

    /** More would lie on the same pixels. */
    private static final int MOST_POINTS = 100;

    private static final BasicStroke THIN =
            new BasicStroke(0.9f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);

    /** Apart from each other by so much of the distance between two batch sizes. */
    private static final double NORMS_APART = 0.06;

    private final SweepResults results;
    private final NormColors colors;

    SweepFigures(SweepResults results) {
        this.results = results;
        this.colors = new NormColors(results.grid().norms());
    }

    /**
     * AP of the last model against the batch size: a line through the means of each norm, a point
     * for each seed, a bar of one standard deviation to each side of the mean.
     */
    Figure averagePrecision() {
        List<Integer> sizes = results.grid().batchSizes();
        List<String> norms = results.grid().norms();
        XYChart chart = ChartStyle.chart("AP against batch size", "batch size", "AP");
        XYStyler styler = chart.getStyler();
        styler.setErrorBarsColorSeriesColor(true);
        styler.setMarkerSize(8);
        double most = 0;
        for (int n = 0; n < norms.size(); n++) {
            double shift = NORMS_APART * (n - (norms.size() - 1) / 2.0);
            String norm = norms.get(n);
            List<Double> x = new ArrayList<>();
            List<Double> means = new ArrayList<>();
            List<Double> deviations = new ArrayList<>();
            List<Double> seedX = new ArrayList<>();
            List<Double> seedY = new ArrayList<>();
            for (int i = 0; i < sizes.size(); i++) {
                Spread spread = results.spread(norm, sizes.get(i), CocoMetric.AP);
                if (spread.count() == 0) {
                    continue;
                }
                x.add(i + shift);
                means.add(spread.mean());
                deviations.add(spread.count() < 2 ? 0 : spread.deviation());
                most = Math.max(most, spread.most());
                for (CellResult cell : results.cells(norm, sizes.get(i))) {
                    OptionalDouble ap = cell.number(CocoMetric.AP);
                    if (ap.isPresent()) {
                        seedX.add(i + shift);
                        seedY.add(ap.getAsDouble());
                    }
                }
            }
            if (x.isEmpty()) {
                continue;
            }
            points(chart.addSeries("seeds of " + norm, seedX, seedY), colors.faint(norm, FAINT));
            XYSeries line = chart.addSeries(norm, x, means, deviations);
            line.setLineColor(colors.of(norm));
            line.setLineStyle(ChartStyle.LINE);
            line.setMarker(SeriesMarkers.NONE);
        }
        styler.setXAxisMin(-0.4);
        styler.setXAxisMax(sizes.size() - 0.6);
        styler.setXAxisTickMarkSpacingHint(ChartStyle.WIDTH / (sizes.size() + 1));
        styler.setxAxisTickLabelsFormattingFunction(x -> atIndex(sizes, x));
        styler.setYAxisMin(0.0);
        styler.setYAxisMax(top(most));
        return new Figure(chart);
    }

    private static String atIndex(List<Integer> sizes, double x) {
        long index = Math.round(x);
        boolean at = Math.abs(x - index) < 1e-6 && index >= 0 && index < sizes.size();
        // Blanks of different lengths, since XChart drops ticks until no two labels are equal.
        return at
                ? sizes.get((int) index).toString()
                : " ".repeat(2 + (int) Math.round(10 * x + 9));
    }

    /** Rounded up, so that ticks fall on round numbers. */
    private static double top(double most) {
        return Math.max(0.1, Math.ceil(1.04 * most / 0.05) * 0.05);
    }

    private static void points(XYSeries series, Color color) {
        series.setShowInLegend(false);
        series.setLineStyle(SeriesLines.NONE);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(color);
    }

    /** The loss against the images seen, smoothed: a faint line a seed, a line of their means. */
    Figure loss(int batchSize) {
        XYChart chart =
                ChartStyle.chart("Loss, batch size " + batchSize, "images seen", "training loss");
        double most = 0;
        for (String norm : results.grid().norms()) {
            List<Curve> curves =
                    results.cells(norm, batchSize).stream()
                            .filter(cell -> !cell.history().steps().isEmpty())
                            .map(SweepFigures::loss)
                            .toList();
            Curve mean = curves(chart, norm, curves, SeriesMarkers.NONE);
            most =
                    Math.max(
                            most,
                            // The first values are far above the rest.
                            Arrays.stream(mean.y()).skip(mean.y().length / 20).max().orElse(0));
        }
        chart.getStyler().setYAxisMax(most == 0 ? 1 : 1.05 * most);
        return new Figure(chart);
    }

    private static Curve loss(CellResult cell) {
        double[] losses =
                cell.history().steps().stream().mapToDouble(CellHistory.Step::loss).toArray();
        return new Curve(
                cell.history().steps().stream().mapToDouble(CellHistory.Step::images).toArray(),
                Smoothing.of(losses));
    }

    /** AP against the images seen: a faint line a seed, a line of their means. */
    Figure scores(int batchSize) {
        XYChart chart = ChartStyle.chart("AP, batch size " + batchSize, "images seen", "AP");
        double most = 0;
        for (String norm : results.grid().norms()) {
            List<Curve> curves =
                    results.cells(norm, batchSize).stream()
                            .filter(cell -> !cell.history().evaluations().isEmpty())
                            .map(SweepFigures::scores)
                            .toList();
            curves(chart, norm, curves, SeriesMarkers.CIRCLE);
            for (Curve curve : curves) {
                most = Math.max(most, Arrays.stream(curve.y()).max().orElse(0));
            }
        }
        chart.getStyler().setYAxisMax(top(most));
        return new Figure(chart);
    }

    private static Curve scores(CellResult cell) {
        List<CellHistory.EpochEvaluation> evaluations = cell.history().evaluations();
        return new Curve(
                evaluations.stream().mapToDouble(CellHistory.EpochEvaluation::images).toArray(),
                evaluations.stream()
                        .mapToDouble(e -> Math.max(0, e.numbers().getOrDefault("AP", 0.0)))
                        .toArray());
    }

    /** Draws the curves of a norm; returns their mean. */
    private Curve curves(XYChart chart, String norm, List<Curve> curves, Marker marker) {
        XYStyler styler = chart.getStyler();
        styler.setXAxisMin(0.0);
        styler.setYAxisMin(0.0);
        styler.setMarkerSize(6);
        styler.setXAxisTickMarkSpacingHint(TICKS_APART);
        if (curves.isEmpty()) {
            return new Curve(new double[0], new double[0]);
        }
        for (int i = 0; i < curves.size() && curves.size() > 1; i++) {
            line(chart, norm + " run " + i, curves.get(i), colors.faint(norm, FAINT), THIN)
                    .setMarker(SeriesMarkers.NONE)
                    .setShowInLegend(false);
        }
        Curve mean = Curve.mean(curves);
        line(chart, norm, mean, colors.of(norm), ChartStyle.LINE)
                .setMarker(marker)
                .setMarkerColor(colors.of(norm));
        return mean;
    }

    private static XYSeries line(
            XYChart chart, String name, Curve curve, Color color, BasicStroke stroke) {
        Curve thinned = curve.thinned(MOST_POINTS);
        XYSeries series = chart.addSeries(name, thinned.x(), thinned.y());
        series.setLineColor(color);
        series.setLineStyle(stroke);
        return series;
    }
}
