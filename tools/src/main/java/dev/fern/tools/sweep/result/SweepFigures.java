package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.tools.report.Axis;
import dev.fern.tools.report.Palette;
import dev.fern.tools.report.Plot;
import dev.fern.tools.sweep.result.SweepResults.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** The plots of a sweep: one colour for each norm, faint for single seeds. */
public final class SweepFigures {

    private static final int FAINT = 110;

    /** How far norms are apart, in distances between two batch sizes. */
    private static final double NORMS_APART = 0.06;

    /** An axis of AP reaches at least this high, so that scores near 0 look low. */
    private static final double LOWEST_TOP = 0.1;

    private final SweepResults results;

    /**
     * Takes what is drawn.
     *
     * @param results as far as they have come
     */
    public SweepFigures(SweepResults results) {
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
     * {@return AP of the last epoch's model by batch size, at the chosen learning rates: a line
     * through the means of each norm, a point for each seed, a bar of one standard deviation to
     * each side of the mean}
     */
    public Plot averagePrecision() {
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
     * {@return the mean loss of each epoch by images seen: a faint line for each seed, a line of
     * their means}
     *
     * @param batchSize of the cells
     */
    public Plot loss(int batchSize) {
        List<NormCurves> norms = curves(batchSize, SweepFigures::loss);
        double most = 0;
        for (NormCurves norm : norms) {
            double[] mean = norm.mean().y();
            // The first epochs are far above the rest.
            most = Math.max(most, Arrays.stream(mean).skip(mean.length / 10).max().orElse(0));
        }
        return plot(norms, Axis.upTo("training loss", most));
    }

    private static Curve loss(CellResult cell) {
        List<CellHistory.EpochLoss> all = cell.history().losses();
        // The last epoch of a cell that has not ended ends elsewhere than that of others.
        List<CellHistory.EpochLoss> losses =
                cell.isDone() || all.isEmpty() ? all : all.subList(0, all.size() - 1);
        return new Curve(
                losses.stream().mapToDouble(CellHistory.EpochLoss::images).toArray(),
                losses.stream().mapToDouble(CellHistory.EpochLoss::loss).toArray());
    }

    /**
     * {@return AP on all validation images by images seen: a faint line for each seed, a line of
     * their means}
     *
     * @param batchSize of the cells
     */
    public Plot scores(int batchSize) {
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
                evaluations.stream().mapToDouble(e -> Math.max(0, e.ap())).toArray());
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
        plot.curve(curve.x(), curve.y(), color, width, hint);
    }

    /**
     * {@return AP on the tuning images by learning rate, on a logarithmic axis: a line for each
     * norm, with the chosen rate as a point}
     *
     * @param batchSize of the cells
     */
    public Plot rates(int batchSize) {
        List<RateChoice> choices =
                results.choices().stream()
                        .filter(c -> c.batchSize() == batchSize && !c.trials().isEmpty())
                        .toList();
        List<Double> rates =
                choices.stream()
                        .flatMap(c -> c.lastTrials().stream())
                        .map(RateChoice.Trial::rate)
                        .distinct()
                        .sorted()
                        .toList();
        double most =
                choices.stream()
                        .flatMap(c -> c.lastTrials().stream())
                        .mapToDouble(RateChoice.Trial::score)
                        .max()
                        .orElse(0);
        Plot plot = new Plot(rateAxis(rates, batchSize), scoreAxis(most));
        for (RateChoice choice : choices) {
            String color = color(choice.norm());
            List<RateChoice.Trial> trials = choice.lastTrials();
            plot.curve(
                    trials.stream().mapToDouble(t -> place(rates, t.rate())).toArray(),
                    // A training that diverged found nothing.
                    trials.stream().mapToDouble(t -> Math.max(0, t.score())).toArray(),
                    color,
                    Plot.LINE,
                    choice.norm());
            plot.legend(color, choice.norm(), "");
            for (RateChoice.Trial trial : trials) {
                if (choice.rate().equals(Optional.of(trial.rate()))) {
                    plot.point(
                            place(rates, trial.rate()),
                            Math.max(0, trial.score()),
                            color,
                            choice.norm() + ", chosen: x " + Grid.text(trial.rate()));
                }
            }
        }
        return plot;
    }

    /** Returns the place of a rate on a logarithmic axis: one unit for each doubling. */
    private static double place(List<Double> rates, double rate) {
        return 0.5 + Math.log(rate / rates.get(0)) / Math.log(2);
    }

    private Axis rateAxis(List<Double> rates, int batchSize) {
        if (rates.isEmpty()) {
            return Axis.named("learning rate", List.of(""));
        }
        double ofRule = results.learningRate(batchSize, 1);
        return new Axis(
                "learning rate",
                0.5 + place(rates, rates.get(rates.size() - 1)),
                rates.stream()
                        .map(
                                rate ->
                                        new Axis.Tick(
                                                place(rates, rate),
                                                Grid.text(Grid.rounded(ofRule * rate)),
                                                "x " + Grid.text(rate)))
                        .toList());
    }
}
