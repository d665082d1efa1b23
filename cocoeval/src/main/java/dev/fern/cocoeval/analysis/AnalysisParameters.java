package dev.fern.cocoeval.analysis;

import java.util.OptionalDouble;

/**
 * Thresholds and choices of an analysis.
 *
 * @param iouThreshold the least IoU of a match, TIDE's t_f; more than 0, at most 1
 * @param backgroundIou a detection lies on background if its IoU is less, TIDE's t_b; more than 0,
 *     less than {@code iouThreshold}
 * @param scoreThreshold the least score that counts in the confusion matrix and in the findings; if
 *     empty, the score of the best F-beta over all categories together
 * @param beta in F-beta, recall counts so many times as much as precision; more than 0
 * @param bins how many bins of equal width the reliability diagram has; at least 1
 */
public record AnalysisParameters(
        double iouThreshold,
        double backgroundIou,
        OptionalDouble scoreThreshold,
        double beta,
        int bins) {
    /**
     * Checks the ranges.
     *
     * @param iouThreshold more than 0, at most 1
     * @param backgroundIou more than 0, less than {@code iouThreshold}
     * @param scoreThreshold finite or empty
     * @param beta finite, more than 0
     * @param bins at least 1
     * @throws IllegalArgumentException if a number is out of its range, which the message names
     */
    public AnalysisParameters {
        require(
                iouThreshold > 0 && iouThreshold <= 1,
                "the IoU threshold",
                iouThreshold,
                "in (0, 1]");
        require(
                backgroundIou > 0 && backgroundIou < iouThreshold,
                "the background IoU",
                backgroundIou,
                "more than 0 and below the IoU threshold " + iouThreshold);
        scoreThreshold.ifPresent(
                score -> require(Double.isFinite(score), "the score threshold", score, "finite"));
        require(beta > 0 && Double.isFinite(beta), "beta", beta, "finite and more than 0");
        require(bins > 0, "the number of bins", bins, "at least 1");
    }

    private static void require(boolean holds, String name, Number value, String range) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
        }
    }

    /** {@return IoU 0.5, background IoU 0.1, the score of the best F1, ten bins} */
    public static AnalysisParameters defaults() {
        return new AnalysisParameters(0.5, 0.1, OptionalDouble.empty(), 1, 10);
    }

    /**
     * Changes the IoU threshold.
     *
     * @param iou more than the background IoU, at most 1
     * @return a copy
     * @throws IllegalArgumentException if {@code iou} is out of range
     */
    public AnalysisParameters withIouThreshold(double iou) {
        return new AnalysisParameters(iou, backgroundIou, scoreThreshold, beta, bins);
    }

    /**
     * Fixes the score threshold.
     *
     * @param score finite
     * @return a copy
     * @throws IllegalArgumentException if {@code score} is not finite
     */
    public AnalysisParameters withScoreThreshold(double score) {
        return new AnalysisParameters(
                iouThreshold, backgroundIou, OptionalDouble.of(score), beta, bins);
    }

    /**
     * Changes beta.
     *
     * @param newBeta finite, more than 0
     * @return a copy
     * @throws IllegalArgumentException if {@code newBeta} is out of range
     */
    public AnalysisParameters withBeta(double newBeta) {
        return new AnalysisParameters(iouThreshold, backgroundIou, scoreThreshold, newBeta, bins);
    }
}
