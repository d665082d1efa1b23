package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.tools.report.Axis;
import dev.fern.tools.report.Palette;
import dev.fern.tools.report.Plot;
import dev.fern.tools.report.Smoothing;
import dev.fern.tools.sweep.SweepResults.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;

/** The plots of a sweep: one colour for each norm, faint for single seeds. */
final class SweepFigures {

    private static final int FAINT = 110;

    /** More would lie on the same pixels. */
    private static final int MOST_POINTS = 100;

    /** How far norms are apart, in distances between two batch sizes. */
    private static final double NORMS_APART = 0.06;

    /** An axis of AP reaches at least this high, so that scores near 0 look low. */
    private static final double LOWEST_TOP = 0.1;

    private final SweepResults results;

    SweepFigures(SweepResults results) {
        this.results = results;
    }

    /** Returns a norm's colour, {@code #rrggbb}, in all of a report. */
    String color(String norm) {
        int place = results.grid().norms().indexOf(norm);
        return Palette.SERIES.get(place % Palette.SERIES.size());
    }

    private String faint(String norm) {
        return Palette.faint(color(norm), FAINT);
    }

    /**
     * Returns AP of the last epoch's model by batch size: a line through the means of each norm, a
     * point for each seed, a bar of one standard deviation to each side of the mean.
     */
    Plot averagePrecision() {
        List<Integer> sizes = results.grid().batchSizes();
        List<String> norms = results.grid().norms();
        double most =
                results.cells().stream()
                        .mapToDouble(cell -> cell.number(CocoMetric.AP).orElse(0))
                        .max()
                        .orElse(0);
        Plot plot =
                new Plot(
                        Axis.named("batch size", sizes.stream().map(Object::toString).toList()),
                        scoreAxis(most));
        for (int n = 0; n < norms.size(); n++) {
            double shift = 0.5 + NORMS_APART * (n - (norms.size() - 1) / 2.0);
            add(plot, norms.get(n), sizes, shift);
        }
        return plot;
    }

    private static Axis scoreAxis(double most) {
        return Axis.upTo("AP", Math.max(LOWEST_TOP, 1.04 * most));
    }

    private void add(Plot plot, String norm, List<Integer> sizes, double shift) {
        List<Double> places = new ArrayList<>();
        List<Double> means = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            double x = i + shift;
            Spread spread = results.spread(norm, sizes.get(i), CocoMetric.AP);
            if (spread.count() == 0) {
                continue;
            }
            places.add(x);
            means.add(spread.mean());
            for (CellResult cell : results.cells(norm, sizes.get(i))) {
                OptionalDouble ap = cell.number(CocoMetric.AP);
                if (ap.isPresent()) {
                    String hint =
                            String.format(
                                    Locale.ROOT,
                                    "%s, seed %d: AP %.3f",
                                    norm,
                                    cell.cell().seed(),
                                    ap.getAsDouble());
                    plot.point(x, ap.getAsDouble(), faint(norm), hint);
                }
            }
            if (spread.count() > 1) {
                plot.errorBar(
                        x,
                        spread.mean() - spread.deviation(),
                        spread.mean() + spread.deviation(),
                        color(norm));
            }
        }
        if (!places.isEmpty()) {
            Curve line = new Curve(array(places), array(means));
            plot.curve(line.x(), line.y(), color(norm), Plot.LINE, norm + ", mean");
            plot.legend(color(norm), norm, "");
        }
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /**
     * Returns the smoothed loss by images seen: a faint line for each seed, a line of their means.
     */
    Plot loss(int batchSize) {
        List<NormCurves> norms = curves(batchSize, SweepFigures::loss);
        double most = 0;
        for (NormCurves norm : norms) {
            double[] mean = norm.mean().y();
            // The first values are far above the rest.
            most = Math.max(most, Arrays.stream(mean).skip(mean.length / 20).max().orElse(0));
        }
        return plot(norms, Axis.upTo("training loss", most));
    }

    private static Curve loss(CellResult cell) {
        List<CellHistory.Step> steps = cell.history().steps();
        return new Curve(
                steps.stream().mapToDouble(CellHistory.Step::images).toArray(),
                Smoothing.of(steps.stream().mapToDouble(CellHistory.Step::loss).toArray()));
    }

    /** Returns AP by images seen: a faint line for each seed, a line of their means. */
    Plot scores(int batchSize) {
        List<NormCurves> norms = curves(batchSize, SweepFigures::scores);
        double most =
                norms.stream()
                        .flatMap(norm -> norm.seeds.stream())
                        .flatMapToDouble(curve -> Arrays.stream(curve.y()))
                        .max()
                        .orElse(0);
        Plot plot = plot(norms, scoreAxis(most));
        for (NormCurves norm : norms) {
            Curve mean = norm.mean();
            for (int i = 0; i < mean.x().length; i++) {
                String hint = String.format(Locale.ROOT, "%s: AP %.3f", norm.name, mean.y()[i]);
                plot.point(mean.x()[i], mean.y()[i], color(norm.name), hint);
            }
        }
        return plot;
    }

    private static Curve scores(CellResult cell) {
        List<CellHistory.EpochEvaluation> evaluations = cell.history().evaluations();
        return new Curve(
                evaluations.stream().mapToDouble(CellHistory.EpochEvaluation::images).toArray(),
                evaluations.stream()
                        .mapToDouble(e -> Math.max(0, e.numbers().getOrDefault("AP", 0.0)))
                        .toArray());
    }

    /**
     * The curves of a norm.
     *
     * @param seeds one for each seed, at least one
     */
    private record NormCurves(String name, List<Curve> seeds) {

        Curve mean() {
            return Curve.mean(seeds);
        }
    }

    /** Returns the curves that are not empty, of the norms that have any. */
    private List<NormCurves> curves(int batchSize, Function<CellResult, Curve> curve) {
        return results.grid().norms().stream()
                .map(
                        norm ->
                                new NormCurves(
                                        norm,
                                        results.cells(norm, batchSize).stream()
                                                .map(curve)
                                                .filter(c -> c.x().length > 0)
                                                .toList()))
                .filter(norm -> !norm.seeds.isEmpty())
                .toList();
    }

    private Plot plot(List<NormCurves> norms, Axis yAxis) {
        double images =
                norms.stream()
                        .flatMap(norm -> norm.seeds.stream())
                        .mapToDouble(curve -> curve.x()[curve.x().length - 1])
                        .max()
                        .orElse(0);
        Plot plot = new Plot(Axis.counting("images seen", images), yAxis);
        for (NormCurves norm : norms) {
            if (norm.seeds.size() > 1) {
                for (Curve seed : norm.seeds) {
                    add(plot, seed, faint(norm.name), Plot.THIN_LINE, norm.name + ", one seed");
                }
            }
            add(plot, norm.mean(), color(norm.name), Plot.LINE, norm.name + ", mean");
            plot.legend(color(norm.name), norm.name, "");
        }
        return plot;
    }

    private static void add(Plot plot, Curve curve, String color, double width, String hint) {
        Curve thinned = curve.thinned(MOST_POINTS);
        plot.curve(thinned.x(), thinned.y(), color, width, hint);
    }
}
