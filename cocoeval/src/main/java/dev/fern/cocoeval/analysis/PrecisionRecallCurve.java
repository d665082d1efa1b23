package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.EvaluationParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Interpolated precision at the 101 recalls 0, 0.01, ..., 1, with pycocotools' interpolation and
 * arithmetic.
 *
 * @param precision [101] the highest precision at this recall or beyond; 0 where it is not reached
 * @param scores [101] the score at which the recall is reached; 0 where it is not
 */
public record PrecisionRecallCurve(List<Double> precision, List<Double> scores) {
    /** {@code numpy.linspace(0, 1, 101)}. */
    private static final List<Double> RECALLS = EvaluationParameters.linspace(0, 1, 101);

    /** {@code numpy.spacing(1)}. */
    private static final double EPSILON = Math.ulp(1.0);

    /**
     * Copies both lists.
     *
     * @param precision as many numbers as {@link #recalls} has
     * @param scores as many numbers as {@link #recalls} has
     */
    public PrecisionRecallCurve {
        precision = List.copyOf(precision);
        scores = List.copyOf(scores);
    }

    /** {@return the recalls that both lists go by, [101], from 0 to 1} */
    public static List<Double> recalls() {
        return RECALLS;
    }

    /** {@return the mean of the interpolated precision, 0 to 1} */
    public double averagePrecision() {
        return precision.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }

    /** Takes the detections of one category one by one, by falling score. */
    static final class Builder {
        private double[] precision = new double[16];
        private double[] scores = new double[16];
        private double firstScore;
        private int right;
        private int count;

        void add(boolean isRight, double score) {
            if (count++ == 0) {
                firstScore = score;
            }
            if (isRight) {
                if (right == precision.length) {
                    precision = Arrays.copyOf(precision, 2 * right);
                    scores = Arrays.copyOf(scores, 2 * right);
                }
                scores[right] = score;
                right++;
                double falsePositives = count - right;
                precision[right - 1] = right / (falsePositives + right + EPSILON);
            }
        }

        /** How many detections were added, right and wrong ones. */
        int count() {
            return count;
        }

        /** How many of the added detections were right. */
        int truePositives() {
            return right;
        }

        /**
         * Interpolates the precision of the detections added so far.
         *
         * @param positives how many objects there are to find, at least 1
         */
        PrecisionRecallCurve build(int positives) {
            double[] envelope = Arrays.copyOf(precision, right);
            for (int i = right - 1; i > 0; i--) {
                envelope[i - 1] = Math.max(envelope[i - 1], envelope[i]);
            }
            List<Double> precisions = new ArrayList<>(RECALLS.size());
            List<Double> atScores = new ArrayList<>(RECALLS.size());
            int needed = 0;
            for (double recall : RECALLS) {
                while ((double) needed / positives < recall) {
                    needed++;
                }
                boolean reached = needed <= right && count > 0;
                int nth = Math.max(0, needed - 1);
                precisions.add(reached && nth < right ? envelope[nth] : 0);
                atScores.add(!reached ? 0 : needed == 0 ? firstScore : scores[nth]);
            }
            return new PrecisionRecallCurve(precisions, atScores);
        }
    }
}
