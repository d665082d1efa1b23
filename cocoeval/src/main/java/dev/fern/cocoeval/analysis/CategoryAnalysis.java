package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.Matching.MatchedDetection;
import java.util.List;
import java.util.Optional;

/**
 * How one category is detected at one IoU threshold.
 *
 * @param category only its id if the data set does not list it
 * @param truths how many objects there are to find
 * @param truePositives how many detections are right
 * @param falsePositives how many detections are wrong
 * @param curve precision over recall; empty without objects to find
 * @param best the operating point of the highest F-beta; empty where no object was found
 */
public record CategoryAnalysis(
        CocoCategory category,
        int truths,
        int truePositives,
        int falsePositives,
        Optional<PrecisionRecallCurve> curve,
        Optional<OperatingPoint> best) {

    /** {@return the average precision at this IoU threshold, 0 to 1; -1 without objects to find} */
    public double averagePrecision() {
        return curve.map(PrecisionRecallCurve::averagePrecision).orElse(-1.0);
    }

    /**
     * Counts and ranks the detections of one category.
     *
     * @param ranking the detections that are right or wrong, by falling score
     */
    static CategoryAnalysis of(
            CocoCategory category, List<MatchedDetection> ranking, int truths, double beta) {
        PrecisionRecallCurve.Builder curve = new PrecisionRecallCurve.Builder();
        ranking.forEach(detection -> curve.add(detection.isRight(), detection.score()));
        return new CategoryAnalysis(
                category,
                truths,
                curve.truePositives(),
                curve.count() - curve.truePositives(),
                truths == 0 ? Optional.empty() : Optional.of(curve.build(truths)),
                OperatingPoint.best(ranking, truths, beta));
    }
}
