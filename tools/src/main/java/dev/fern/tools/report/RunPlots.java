package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.compact;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The curves of a training by step and images seen, as SVG with legends in HTML. */
final class RunPlots {

    private static final int HEIGHT = 320;
    private static final double FAINT_WIDTH = 0.8;
    private static final double WIDTH = 2.2;
    private static final String DARK = "#333333";
    private static final String BLUE = AnalysisPlots.COLORS.get(0);
    private static final String VERMILION = AnalysisPlots.COLORS.get(1);
    private static final String GREEN = AnalysisPlots.COLORS.get(2);

    /** Alpha of what is drawn behind its running mean. */
    private static final String FAINT = "44";

    private final StepCurves curves;
    private final double[] steps;
    private final Axis stepAxis;

    RunPlots(StepCurves curves) {
        this.curves = curves;
        steps = curves.steps();
        stepAxis = Axis.counting("step / images seen", curves.lastStep(), curves::imagesAt);
    }

    /** The loss and its parts. */
    String loss() {
        double[] total = curves.means(StepCurves.Value.LOSS);
        Plot plot = plot(Axis.upTo("loss", Smoothing.topWithoutSpikes(total)));
        Legend legend = new Legend();
        noisy(plot, legend, "total", total, DARK);
        noisy(plot, legend, "classification", curves.means(StepCurves.Value.CLASSIFICATION), BLUE);
        noisy(plot, legend, "box", curves.means(StepCurves.Value.REGRESSION), VERMILION);
        return plot.svg() + legend.html();
    }

    /** The norm of the gradient. */
    String gradientNorm() {
        double[] norms = curves.means(StepCurves.Value.GRADIENT_NORM);
        Plot plot = plot(Axis.upTo("gradient norm", Smoothing.topWithoutSpikes(norms)));
        Legend legend = new Legend();
        noisy(plot, legend, "norm before clipping", norms, BLUE);
        return plot.svg() + legend.html();
    }

    /** The learning rate. */
    String learningRate() {
        double[] rates = curves.means(StepCurves.Value.LEARNING_RATE);
        Plot plot = plot(Axis.upTo("learning rate", Arrays.stream(rates).max().orElse(0)));
        plot.curve(steps, rates, BLUE, WIDTH, "learning rate");
        Legend legend = new Legend().add(BLUE, "learning rate, last", last(rates));
        return plot.svg() + legend.html();
    }

    /** The average precision of every evaluation. */
    String averagePrecision(List<EpochScores> evaluations) {
        double most = evaluations.stream().mapToDouble(e -> e.of(CocoMetric.AP50)).max().orElse(0);
        Plot plot = plot(Axis.upTo("average precision", Math.max(most, 0.1)));
        Legend legend = new Legend();
        scores(plot, legend, evaluations, CocoMetric.AP50, GREEN);
        scores(plot, legend, evaluations, CocoMetric.AP75, VERMILION);
        scores(plot, legend, evaluations, CocoMetric.AP, BLUE);
        return plot.svg() + legend.html();
    }

    private Plot plot(Axis yAxis) {
        return new Plot(stepAxis, yAxis, HEIGHT);
    }

    private void noisy(Plot plot, Legend legend, String name, double[] values, String color) {
        double[] smooth = Smoothing.of(values);
        plot.curve(steps, values, color + FAINT, FAINT_WIDTH, name);
        plot.curve(steps, smooth, color, WIDTH, name + ", running mean");
        legend.add(color, name + ", last", last(smooth));
    }

    private static String last(double[] values) {
        double last = values.length == 0 ? Double.NaN : values[values.length - 1];
        return Double.isFinite(last) ? compact(BigDecimal.valueOf(last)) : "&#8211;";
    }

    private static void scores(
            Plot plot,
            Legend legend,
            List<EpochScores> evaluations,
            CocoMetric metric,
            String color) {
        double[] at = evaluations.stream().mapToDouble(EpochScores::step).toArray();
        double[] values =
                evaluations.stream()
                        .mapToDouble(e -> e.of(metric))
                        .map(value -> value < 0 ? Double.NaN : value)
                        .toArray();
        plot.curve(at, values, color, WIDTH, metric.label());
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(values[i])) {
                plot.dot(
                        at[i],
                        values[i],
                        color,
                        String.format(
                                Locale.ROOT,
                                "%s %.3f after epoch %d",
                                metric.label(),
                                values[i],
                                evaluations.get(i).epoch()));
            }
        }
        double best = Arrays.stream(values).filter(Double::isFinite).max().orElse(-1);
        legend.add(color, metric.label() + ", best", score(best));
    }
}
