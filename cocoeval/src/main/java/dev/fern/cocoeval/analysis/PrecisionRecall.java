package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.EvaluationParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Precision over recall of one category, taken detection by detection in falling order of score,
 * with pycocotools' interpolation and arithmetic.
 */
final class PrecisionRecall {
    /** {@code numpy.linspace(0, 1, 101)}. */
    static final List<Double> RECALLS = EvaluationParameters.linspace(0, 1, 101);

    /** {@code numpy.spacing(1)}. */
    private static final double EPSILON = Math.ulp(1.0);

    private double[] precision = new double[16];
    private double[] scores = new double[16];
    private double firstScore;
    private int right;
    private int count;

    /** Takes the next detection. */
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

    /** How many detections there were. */
    int count() {
        return count;
    }

    /** How many of them were right. */
    int truePositives() {
        return right;
    }

    /**
     * The curve at {@link #RECALLS}: the highest precision at this recall or beyond, and the score
     * at which the recall is reached; both 0 where it is not.
     *
     * @param positives how many objects there are to find, at least 1
     */
    PrecisionRecallCurve curve(int positives) {
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
