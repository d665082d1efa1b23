package dev.fern.cocoeval;

import java.util.Comparator;

/**
 * A detection and what it matched.
 *
 * @param index its position in the results, 0-based
 * @param detection its ids are written as the data set writes them
 * @param category position in {@link Matching#categories}
 * @param outcome what it counts as
 * @param truth position in {@link ImageMatching#truths} of what it matched, -1 for none
 */
public record MatchedDetection(
        int index, CocoDetection detection, int category, Outcome outcome, int truth) {
    /** The order in which detections are matched: highest score first, not a number last. */
    public static final Comparator<MatchedDetection> BY_FALLING_SCORE =
            (a, b) ->
                    ScoreOrder.before(a.score(), b.score())
                            ? -1
                            : ScoreOrder.before(b.score(), a.score()) ? 1 : 0;

    /** The detection's score. */
    public double score() {
        return detection.score();
    }

    /** Whether it found an object. */
    public boolean isRight() {
        return outcome == Outcome.TRUE_POSITIVE;
    }

    /** Whether it counts against the detector. */
    public boolean isWrong() {
        return outcome == Outcome.FALSE_POSITIVE;
    }
}
