package dev.fern.tools.sweep.result;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How the learning rate of a norm at a batch size was chosen.
 *
 * @param norm the normaliser
 * @param batchSize images that pass the network together
 * @param state how far the search has come
 * @param rate the factor that was chosen; empty if there is none
 * @param added how many factors were tried beyond those that were asked for
 * @param atEnd whether the chosen factor is the smallest or the largest that was tried, since no
 *     more could be added
 * @param trials every factor with its score, in the order of the parts of the training and rising
 *     factors; empty if there was one factor and nothing to choose
 */
public record RateChoice(
        String norm,
        int batchSize,
        State state,
        Optional<Double> rate,
        int added,
        boolean atEnd,
        List<Trial> trials) {

    /** How far a search has come. */
    public enum State {
        /** A factor was chosen. */
        CHOSEN("chosen"),
        /** Trainings are still to be done. */
        OPEN("not yet chosen"),
        /** Every factor diverged. */
        DIVERGED("every rate diverged"),
        /** A training failed, so that its factor can't be compared. */
        FAILED("a training failed");

        private final String text;

        State(String text) {
            this.text = text;
        }

        /** {@return the state in words} */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A factor with its score.
     *
     * @param rate the factor
     * @param part of the training after which it was scored, 1 for all of it
     * @param score mean AP on the tuning images over the tuning seeds; minus infinity if one of
     *     these trainings diverged
     */
    public record Trial(double rate, double part, double score) {

        /** {@return whether a training of it diverged} */
        public boolean isDiverged() {
            return score == Double.NEGATIVE_INFINITY;
        }
    }

    /**
     * Copies the list.
     *
     * @param norm not null
     * @param batchSize at least 1
     * @param state not null
     * @param rate above 0
     * @param added at least 0
     * @param atEnd of the factors that were tried
     * @param trials not null
     */
    public RateChoice {
        trials = List.copyOf(trials);
    }

    /** Returns the trials after the longest part that was scored, in rising order of factors. */
    List<Trial> lastTrials() {
        double longest = trials.stream().mapToDouble(Trial::part).max().orElse(1);
        return trials.stream().filter(trial -> trial.part == longest).toList();
    }

    /** Returns the parts of the training after which factors were scored, rising. */
    List<Double> parts() {
        return trials.stream().map(Trial::part).distinct().sorted().toList();
    }

    /** Returns the smallest and the largest factor that was tried, the same if there was one. */
    List<Double> range() {
        List<Double> rates = trials.stream().map(Trial::rate).toList();
        return rates.isEmpty()
                ? List.of()
                : List.of(Collections.min(rates), Collections.max(rates));
    }
}
