package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.analysis.Calibration;
import dev.fern.cocoeval.analysis.CategoryAnalysis;
import dev.fern.cocoeval.analysis.PrecisionRecallCurve;
import dev.fern.cocoeval.analysis.TideErrors;
import dev.fern.tools.report.Canvas.Stroke;
import dev.fern.tools.report.Canvas.TextStyle;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The curves and bars of an analysis, as elements of a page. */
final class AnalysisPlots {

    /** More would be one grey surface; those of the categories with most objects are drawn. */
    private static final int MOST_CURVES = 200;

    private static final String BAR = "#9cc3e0";
    private static final Stroke EXPECTED = Stroke.of(Palette.VERMILION, 2.4);
    private static final Stroke DIAGONAL = new Stroke(Palette.MUTED, 1.2, true);

    private static final int BAR_WIDTH = 250;
    private static final int BAR_LEFT = 120;
    private static final int ROW_HEIGHT = 42;
    private static final int ERRORS_WIDTH = BAR_LEFT + BAR_WIDTH + 90;
    private static final String TOTAL = "#8a949e";

    private AnalysisPlots() {}

    /**
     * Returns one curve for each category, in colours where there are few, and the mean of all
     * where there are more than one.
     */
    static String precisionRecall(List<CategoryAnalysis> categories) {
        List<CategoryAnalysis> defined =
                categories.stream().filter(c -> c.curve().isPresent()).toList();
        if (defined.isEmpty()) {
            return "<p>There is no object to find.</p>";
        }
        List<CategoryAnalysis> drawn = EvaluationSections.withMostObjects(defined, MOST_CURVES);
        boolean colored = drawn.size() <= Palette.SERIES.size();
        double[] recalls = array(PrecisionRecallCurve.recalls());
        Plot plot = new Plot(Axis.unit("recall"), Axis.unit("precision"));
        for (int i = 0; i < drawn.size(); i++) {
            CategoryAnalysis category = drawn.get(i);
            String name = category.category().name();
            String ap = score(category.averagePrecision());
            plot.curve(
                    recalls,
                    array(category.curve().orElseThrow().precision()),
                    colored ? Palette.SERIES.get(i) : Palette.FAINT,
                    colored ? 2 : 1,
                    name + ": AP " + ap);
            if (colored) {
                plot.legend(Palette.SERIES.get(i), name, ap);
            }
        }
        if (defined.size() > 1) {
            double[] mean = new double[recalls.length];
            for (int r = 0; r < recalls.length; r++) {
                int at = r;
                mean[r] =
                        defined.stream()
                                .mapToDouble(c -> c.curve().orElseThrow().precision().get(at))
                                .average()
                                .orElseThrow();
            }
            String ap = score(Arrays.stream(mean).average().orElseThrow());
            plot.curve(recalls, mean, Palette.DARK, 2.5, "mean: AP " + ap);
            plot.legend(Palette.DARK, "mean of " + defined.size() + " categories", ap);
            if (!colored) {
                plot.note(
                        "single categories in grey; rest the pointer on one"
                                + (drawn.size() < defined.size()
                                        ? " (" + drawn.size() + " with most objects)"
                                        : ""));
            }
        }
        return plot.html(Plot.Size.SQUARE);
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Returns precision by score, beside the diagonal on which it ought to be. */
    static String reliability(Calibration calibration) {
        Plot plot = new Plot(Axis.unit("score"), Axis.unit("part that is right"));
        for (Calibration.Bin bin : calibration.bins()) {
            if (bin.count() > 0) {
                String hint =
                        String.format(
                                Locale.ROOT,
                                "scores %.2f to %.2f: %,d detections, mean score %.3f, precision"
                                        + " %.3f",
                                bin.least(),
                                bin.most(),
                                bin.count(),
                                bin.meanScore(),
                                bin.precision());
                plot.bar(bin.least(), bin.most(), bin.precision(), BAR, hint);
                plot.segment(bin.least(), bin.meanScore(), bin.most(), bin.meanScore(), EXPECTED);
            }
        }
        plot.segment(0, 0, 1, 1, DIAGONAL);
        return plot.html(Plot.Size.SQUARE) + table(calibration);
    }

    private static String table(Calibration calibration) {
        StringBuilder table =
                new StringBuilder(
                        "<details><summary>The numbers</summary><div class=\"wide-table\"><table>"
                                + "<thead><tr><th>scores<th>detections<th>mean score<th>right"
                                + "</thead><tbody>");
        for (Calibration.Bin bin : calibration.bins()) {
            table.append(
                    String.format(
                            Locale.ROOT,
                            "<tr><td>%.1f to %.1f<td>%s<td>%s<td>%s",
                            bin.least(),
                            bin.most(),
                            count(bin.count()),
                            bin.count() == 0 ? "–" : score(bin.meanScore()),
                            bin.count() == 0 ? "–" : score(bin.precision())));
        }
        return table + "</tbody></table></div></details>";
    }

    /** Returns a bar of dAP for each kind of error, and for the two that take all together. */
    static String tide(TideErrors tide) {
        List<TideErrors.TideError> errors = tide.errors();
        List<String> names =
                List.of(
                        "classification",
                        "localisation",
                        "both of these",
                        "duplicate",
                        "background",
                        "missed");
        double most =
                Math.max(
                        errors.stream().mapToDouble(e -> e.deltaAp()).max().orElse(0),
                        Math.max(tide.falsePositiveDeltaAp(), tide.falseNegativeDeltaAp()));
        int below = errors.size() * ROW_HEIGHT + 14;
        SvgCanvas canvas =
                new SvgCanvas(
                        "plot",
                        ERRORS_WIDTH,
                        below + 2 * ROW_HEIGHT + 8,
                        "AP lost by kind of error");
        for (int i = 0; i < errors.size(); i++) {
            bar(
                    canvas,
                    i * ROW_HEIGHT,
                    names.get(i),
                    errors.get(i).deltaAp(),
                    most,
                    Palette.SERIES.get(i),
                    count(errors.get(i).count()) + "×");
        }
        canvas.line(0, below - 6, ERRORS_WIDTH, below - 6, Stroke.of(Palette.GRID, 1));
        bar(canvas, below, "all wrong ones", tide.falsePositiveDeltaAp(), most, TOTAL, "");
        bar(
                canvas,
                below + ROW_HEIGHT,
                "all missed ones",
                tide.falseNegativeDeltaAp(),
                most,
                TOTAL,
                "");
        return canvas.svg();
    }

    private static void bar(
            Canvas canvas,
            double top,
            String name,
            double value,
            double most,
            String color,
            String note) {
        double width = most > 0 ? Math.max(0, value) / most * BAR_WIDTH : 0;
        double line = top + 21;
        canvas.text(BAR_LEFT - 10, line, TextStyle.END, name);
        canvas.rectangle(BAR_LEFT, top + 4, width, 24, color, "");
        canvas.text(BAR_LEFT + width + 6, line, TextStyle.START.inBold(), score(value));
        canvas.text(
                BAR_LEFT + width + 58,
                line,
                TextStyle.START.sized(13).colored(Palette.MUTED),
                note);
    }
}
