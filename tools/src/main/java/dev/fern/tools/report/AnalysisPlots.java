package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.analysis.Calibration;
import dev.fern.cocoeval.analysis.CategoryAnalysis;
import dev.fern.cocoeval.analysis.PrecisionRecallCurve;
import dev.fern.cocoeval.analysis.TideErrors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The curves and bars of an analysis, as SVG with legends in HTML. */
final class AnalysisPlots {
    // Okabe and Ito's palette, which colour-blind readers can tell apart.
    static final List<String> COLORS =
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00");
    private static final String FAINT = "#c3ccd6";
    private static final String MEAN = "#222222";

    /** More would be one grey surface; those of the categories with most objects are drawn. */
    private static final int MOST_CURVES = 200;

    /** Height of a plot of which both axes go from 0 to 1. */
    private static final int SQUARE = 400;

    private static final int BAR_WIDTH = 250;
    private static final int BAR_LEFT = 120;
    private static final int ROW_HEIGHT = 42;

    private AnalysisPlots() {}

    /**
     * One curve a category, in colours where there are few, and the mean of all where there are
     * more.
     */
    static String precisionRecall(List<CategoryAnalysis> categories) {
        List<CategoryAnalysis> defined =
                categories.stream().filter(c -> c.curve().isPresent()).toList();
        if (defined.isEmpty()) {
            return "<p>There is no object to find.</p>";
        }
        List<CategoryAnalysis> drawn = EvaluationSections.withMostObjects(defined, MOST_CURVES);
        boolean colored = drawn.size() <= COLORS.size();
        double[] recalls = array(PrecisionRecallCurve.recalls());
        Plot plot = new Plot(Axis.unit("recall"), Axis.unit("precision"), SQUARE);
        Legend legend = new Legend();
        for (int i = 0; i < drawn.size(); i++) {
            CategoryAnalysis category = drawn.get(i);
            String color = colored ? COLORS.get(i) : FAINT;
            String name = category.category().name();
            plot.curve(
                    recalls,
                    array(category.curve().orElseThrow().precision()),
                    color,
                    colored ? 2 : 1,
                    name + ": AP " + score(category.averagePrecision()));
            if (colored) {
                legend.add(color, name, score(category.averagePrecision()));
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
            double ap = Arrays.stream(mean).average().orElseThrow();
            plot.curve(recalls, mean, MEAN, 2.5, "mean: AP " + score(ap));
            legend.add(MEAN, "mean of " + defined.size() + " categories", score(ap));
            if (!colored) {
                legend.note(
                        "single categories in grey; rest the pointer on one"
                                + (drawn.size() < defined.size()
                                        ? " (" + drawn.size() + " with most objects)"
                                        : ""));
            }
        }
        return plot.svg() + legend.html();
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Precision by score, beside the diagonal on which it ought to be. */
    static String reliability(Calibration calibration) {
        Plot plot = new Plot(Axis.unit("score"), Axis.unit("precision"), SQUARE);
        int most = calibration.bins().stream().mapToInt(Calibration.Bin::count).max().orElse(0);
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
                plot.bar(bin.least(), bin.most(), bin.precision(), "bar", hint);
                // the scale of counts is logarithmic, since most detections are unsure
                double share = Math.log1p(bin.count()) / Math.log1p(most);
                plot.bar(bin.least(), bin.most(), 0.08 * share, "tally", hint);
                plot.segment(bin.least(), bin.meanScore(), bin.most(), bin.meanScore(), "expected");
            }
        }
        plot.segment(0, 0, 1, 1, "diagonal");
        return plot.svg();
    }

    /** A bar of dAP for each kind of error, and the two that take all together. */
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
        StringBuilder svg = new StringBuilder();
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\""
                                + " aria-label=\"AP lost by kind of error\">",
                        BAR_LEFT + BAR_WIDTH + 90,
                        (errors.size() + 2) * ROW_HEIGHT + 22));
        IntStream.range(0, errors.size())
                .forEach(
                        i ->
                                svg.append(
                                        bar(
                                                i * ROW_HEIGHT,
                                                names.get(i),
                                                errors.get(i).deltaAp(),
                                                most,
                                                COLORS.get(i),
                                                count(errors.get(i).count()) + "&#215;")));
        int below = errors.size() * ROW_HEIGHT + 14;
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<line class=\"grid\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>",
                        BAR_LEFT + BAR_WIDTH + 90,
                        below - 6,
                        below - 6));
        svg.append(bar(below, "all wrong ones", tide.falsePositiveDeltaAp(), most, "#8a949e", ""));
        svg.append(
                bar(
                        below + ROW_HEIGHT,
                        "all missed ones",
                        tide.falseNegativeDeltaAp(),
                        most,
                        "#8a949e",
                        ""));
        return svg + "</svg>";
    }

    private static String bar(
            double top, String name, double value, double most, String color, String note) {
        double width = most > 0 ? Math.max(0, value) / most * BAR_WIDTH : 0;
        return String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%s</text>"
                        + "<rect x=\"%d\" y=\"%s\" width=\"%s\" height=\"24\" rx=\"2\""
                        + " fill=\"%s\"/><text x=\"%s\" y=\"%s\"><tspan class=\"value\">%s</tspan>"
                        + " <tspan class=\"note\">%s</tspan></text>",
                BAR_LEFT - 10,
                coordinate(top + 21),
                name,
                BAR_LEFT,
                coordinate(top + 4),
                coordinate(width),
                color,
                coordinate(BAR_LEFT + width + 6),
                coordinate(top + 21),
                score(value),
                note);
    }
}
