package dev.fern.tools.sweep;

import dev.fern.tools.sweep.result.Grid;
import dev.fern.tools.sweep.result.RateChoice.State;
import dev.fern.tools.sweep.result.RateChoice.Trial;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The search for the learning rate of one norm at one batch size, among factors on that of the
 * rule.
 *
 * <p>Factors are scored after parts of the training. The best is the one with the highest score; of
 * equal scores the one that is nearest to 1, by its logarithm, and of these the smaller. A factor
 * that diverged is worse than any that did not, and of several that diverged the smallest is the
 * best. While the best after a part is the smallest or the largest that was tried, the next factor
 * beyond it is tried too, as far from it as its neighbour is. Then half of the factors, rounded up,
 * goes on to the next part; after the last part the best is chosen (successive halving: Jamieson
 * and Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS
 * 2016).
 *
 * <p>What comes of it depends on the scores alone, so that a search that is repeated asks for the
 * same trainings and chooses the same factor.
 *
 * @param rates factors to begin with, distinct, at least one
 * @param parts of the training after which factors are scored, rising, 1 for all of it
 * @param widen how many factors may be added beyond the ends
 */
record RateSearch(List<Double> rates, List<Double> parts, int widen) {

    /** Tells how good a factor is. */
    @FunctionalInterface
    interface Scores {
        /**
         * Returns the score of a factor after a part of the training.
         *
         * @return minus infinity if it diverged, NaN if it failed; empty if it is not known yet
         */
        Optional<Double> of(double rate, double part);
    }

    /**
     * How far the search has come.
     *
     * @param state open as long as something is missing
     * @param rate the chosen factor; empty unless one is chosen
     * @param added how many factors were tried beyond those to begin with
     * @param atEnd whether the chosen factor is the smallest or largest that was tried
     * @param trials the scores that are known
     * @param tried all factors, in rising order
     * @param missing factors whose score is asked for next, with the part
     */
    record Progress(
            State state,
            Optional<Double> rate,
            int added,
            boolean atEnd,
            List<Trial> trials,
            List<Double> tried,
            List<Missing> missing) {}

    /** A score that is asked for. */
    record Missing(double rate, double part) {}

    RateSearch {
        rates = List.copyOf(rates);
        parts = List.copyOf(parts);
    }

    /**
     * Returns the parts of the training after which successive halving scores: the last is half of
     * the training, each before half of the next, and there are as many as it takes to halve some
     * rates until one is left.
     */
    static List<Double> halvingParts(int rates) {
        List<Double> parts = new ArrayList<>();
        double part = 1;
        for (int left = rates; left > 1; left = (left + 1) / 2) {
            part /= 2;
            parts.add(0, part);
        }
        return parts;
    }

    /** Goes on with the search as far as the scores are known. */
    Progress search(Scores scores) {
        List<Double> tried = new ArrayList<>(rates);
        Collections.sort(tried);
        if (rates.size() == 1) {
            return new Progress(
                    State.CHOSEN, Optional.of(rates.get(0)), 0, false, List.of(), tried, List.of());
        }
        List<Double> alive = new ArrayList<>(tried);
        List<Trial> trials = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            double part = parts.get(i);
            List<Trial> ranked;
            while (true) {
                ranked = new ArrayList<>();
                List<Missing> missing = new ArrayList<>();
                for (double rate : alive) {
                    Optional<Double> score = scores.of(rate, part);
                    score.ifPresent(value -> trialsOf(rate, part, value, trials));
                    if (score.isEmpty()) {
                        missing.add(new Missing(rate, part));
                    } else if (score.get().isNaN()) {
                        return ended(State.FAILED, Optional.empty(), trials, tried);
                    } else {
                        ranked.add(new Trial(rate, part, score.get()));
                    }
                }
                if (!missing.isEmpty()) {
                    return new Progress(
                            State.OPEN,
                            Optional.empty(),
                            tried.size() - rates.size(),
                            false,
                            sorted(trials),
                            List.copyOf(tried),
                            missing);
                }
                ranked.sort(BEST_FIRST);
                Optional<Double> beyond = beyond(tried, ranked.get(0).rate());
                if (beyond.isEmpty() || tried.size() - rates.size() >= widen) {
                    break;
                }
                tried.add(beyond.get());
                alive.add(beyond.get());
                Collections.sort(tried);
            }
            int kept = i == parts.size() - 1 ? 1 : (ranked.size() + 1) / 2;
            if (ranked.get(0).isDiverged()) {
                return ended(State.DIVERGED, Optional.empty(), trials, tried);
            }
            alive = new ArrayList<>(ranked.subList(0, kept).stream().map(Trial::rate).toList());
        }
        return ended(State.CHOSEN, Optional.of(alive.get(0)), trials, tried);
    }

    private static void trialsOf(double rate, double part, double score, List<Trial> trials) {
        Trial trial = new Trial(rate, part, score);
        if (!Double.isNaN(score) && !trials.contains(trial)) {
            trials.add(trial);
        }
    }

    private Progress ended(
            State state, Optional<Double> rate, List<Trial> trials, List<Double> tried) {
        return new Progress(
                state,
                rate,
                tried.size() - rates.size(),
                rate.isPresent() && beyond(tried, rate.get()).isPresent(),
                sorted(trials),
                List.copyOf(tried),
                List.of());
    }

    private static List<Trial> sorted(List<Trial> trials) {
        return trials.stream()
                .sorted(Comparator.comparingDouble(Trial::part).thenComparing(Trial::rate))
                .toList();
    }

    private static final Comparator<Trial> BEST_FIRST =
            Comparator.comparingDouble((Trial trial) -> -trial.score())
                    .thenComparingDouble(
                            trial -> trial.isDiverged() ? 0 : Math.abs(Math.log(trial.rate())))
                    .thenComparingDouble(Trial::rate);

    /** Returns the factor beyond one that is at an end; empty if it is not. */
    private static Optional<Double> beyond(List<Double> tried, double rate) {
        int last = tried.size() - 1;
        if (rate == tried.get(0)) {
            return Optional.of(Grid.rounded(rate * (rate / tried.get(1))));
        }
        if (rate == tried.get(last)) {
            return Optional.of(Grid.rounded(rate * (rate / tried.get(last - 1))));
        }
        return Optional.empty();
    }
}
