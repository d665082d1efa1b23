package dev.fern.cocoeval.analysis;

import java.util.List;

/**
 * Interpolated precision at the 101 recalls 0, 0.01, ..., 1, as COCO takes it.
 *
 * @param precision [101] the highest precision at this recall or beyond; 0 where it is not reached
 * @param scores [101] the score at which the recall is reached; 0 where it is not
 */
public record PrecisionRecallCurve(List<Double> precision, List<Double> scores) {
    public PrecisionRecallCurve {
        precision = List.copyOf(precision);
        scores = List.copyOf(scores);
    }

    /** The recalls that the lists go by, [101]. */
    public static List<Double> recalls() {
        return PrecisionRecall.RECALLS;
    }

    /** The mean precision, 0 to 1. */
    public double averagePrecision() {
        return precision.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
}
