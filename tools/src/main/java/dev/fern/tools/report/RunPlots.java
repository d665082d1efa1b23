package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.compact;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The plots that a training run is judged by. */
public final class RunPlots {

    private static final int FAINT = 0x44;

    private final StepCurves curves;
    private final List<EpochScores> evaluations;
    private final double[] steps;
    private final Axis stepAxis;

    /**
     * Takes a run's numbers.
     *
     * @param curves the training's numbers by step
     * @param evaluations in order of their steps
     */
    public RunPlots(StepCurves curves, List<EpochScores> evaluations) {
        this.curves = curves;
        this.evaluations = List.copyOf(evaluations);
        steps = curves.steps();
        stepAxis = Axis.counting("step / images seen", curves.lastStep(), curves::imagesAt);
    }

    /**
     * {@return the loss and its two parts by step, faint, with the running means over them} Where
     * the loss of a few steps is far above the rest, the axis ends below it.
     */
    public Plot loss() {
        double[] total = curves.means(StepCurves.Value.LOSS);
        Plot plot = new Plot(stepAxis, Axis.upTo("loss", Smoothing.topWithoutSpikes(total)));
        noisy(plot, "total", total, Palette.DARK);
        noisy(plot, "classification", curves.means(StepCurves.Value.CLASSIFICATION), Palette.BLUE);
        noisy(plot, "box", curves.means(StepCurves.Value.REGRESSION), Palette.VERMILION);
        return plot;
    }

    /** Returns the norm of the gradient by step, before it is clipped. */
    Plot gradientNorm() {
        double[] norms = curves.means(StepCurves.Value.GRADIENT_NORM);
        Plot plot =
                new Plot(stepAxis, Axis.upTo("gradient norm", Smoothing.topWithoutSpikes(norms)));
        noisy(plot, "norm before clipping", norms, Palette.BLUE);
        return plot;
    }

    /** Returns the learning rate by step. */
    Plot learningRate() {
        double[] rates = curves.means(StepCurves.Value.LEARNING_RATE);
        double most = Arrays.stream(rates).max().orElse(0);
        Plot plot = new Plot(stepAxis, Axis.upTo("learning rate", most));
        plot.curve(steps, rates, Palette.BLUE, Plot.LINE, "learning rate");
        plot.legend(Palette.BLUE, "learning rate, last", last(rates));
        return plot;
    }

    private void noisy(Plot plot, String name, double[] values, String color) {
        double[] smooth = Smoothing.of(values);
        plot.curve(steps, values, Palette.faint(color, FAINT), Plot.THIN_LINE, name);
        plot.curve(steps, smooth, color, Plot.LINE, name + ", running mean");
        plot.legend(color, name + ", last", last(smooth));
    }

    private static String last(double[] values) {
        double last = values.length == 0 ? Double.NaN : values[values.length - 1];
        return Double.isFinite(last) ? compact(BigDecimal.valueOf(last)) : "–";
    }

    /** Returns AP, AP50 and AP75 of each evaluation by step. Undefined ones are left out. */
    Plot averagePrecision() {
        double most = evaluations.stream().mapToDouble(e -> e.of(CocoMetric.AP50)).max().orElse(0);
        Plot plot = new Plot(stepAxis, Axis.upTo("average precision", Math.max(most, 0.1)));
        return scores(plot, EpochScores::step);
    }

    /**
     * {@return AP, AP50 and AP75 of each evaluation by epoch, on an axis from 0 to 1} Undefined
     * ones are left out.
     */
    public Plot averagePrecisionByEpoch() {
        double last = evaluations.stream().mapToDouble(EpochScores::epoch).max().orElse(0);
        Plot plot = new Plot(Axis.counting("epoch", last), Axis.unit("average precision"));
        return scores(plot, EpochScores::epoch);
    }

    private Plot scores(Plot plot, ToDoubleFunction<EpochScores> place) {
        scores(plot, place, CocoMetric.AP50, Palette.GREEN);
        scores(plot, place, CocoMetric.AP75, Palette.VERMILION);
        scores(plot, place, CocoMetric.AP, Palette.BLUE);
        return plot;
    }

    private void scores(
            Plot plot, ToDoubleFunction<EpochScores> place, CocoMetric metric, String color) {
        List<EpochScores> defined = evaluations.stream().filter(e -> e.of(metric) >= 0).toList();
        double[] values = defined.stream().mapToDouble(e -> e.of(metric)).toArray();
        plot.curve(
                defined.stream().mapToDouble(place).toArray(),
                values,
                color,
                Plot.LINE,
                metric.label());
        for (EpochScores scores : defined) {
            plot.point(
                    place.applyAsDouble(scores),
                    scores.of(metric),
                    color,
                    String.format(
                            Locale.ROOT,
                            "%s %.3f after epoch %d",
                            metric.label(),
                            scores.of(metric),
                            scores.epoch()));
        }
        double last = values.length == 0 ? -1 : values[values.length - 1];
        double best = Arrays.stream(values).max().orElse(-1);
        plot.legend(color, metric.label() + ": last " + score(last) + ", best", score(best));
    }
}
