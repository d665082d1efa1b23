package dev.fern.cocoeval.analysis;

import java.util.OptionalDouble;

/**
 * What an analysis goes by.
 *
 * @param iouThreshold the least IoU of a match, TIDE's t_f; more than 0, at most 1
 * @param backgroundIou below it a detection lies on background, TIDE's t_b; more than 0, less than
 *     {@code iouThreshold}
 * @param scoreThreshold the least score that counts in the confusion matrix and in the findings; if
 *     empty, that of the best F-beta over all categories together
 * @param beta how many times as much recall counts as precision in F-beta; more than 0
 * @param bins of equal width in the reliability diagram; at least 1
 */
public record AnalysisParameters(
        double iouThreshold,
        double backgroundIou,
        OptionalDouble scoreThreshold,
        double beta,
        int bins) {
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

    /** IoU 0.5, background 0.1, the score of the best F1, ten bins. */
    public static AnalysisParameters defaults() {
        return new AnalysisParameters(0.5, 0.1, OptionalDouble.empty(), 1, 10);
    }

    /** These with another IoU threshold. */
    public AnalysisParameters withIouThreshold(double iou) {
        return new AnalysisParameters(iou, backgroundIou, scoreThreshold, beta, bins);
    }

    /** These with a fixed score threshold. */
    public AnalysisParameters withScoreThreshold(double score) {
        return new AnalysisParameters(
                iouThreshold, backgroundIou, OptionalDouble.of(score), beta, bins);
    }

    /** These with another beta. */
    public AnalysisParameters withBeta(double newBeta) {
        return new AnalysisParameters(iouThreshold, backgroundIou, scoreThreshold, newBeta, bins);
    }
}
