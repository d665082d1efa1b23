package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Matching.MatchedDetection;
import java.util.List;
import java.util.Optional;

/**
 * How a detector does when only detections of at least some score are kept.
 *
 * <p>F-beta is {@code (1 + beta^2) * precision * recall / (beta^2 * precision + recall)} (van
 * Rijsbergen, 1979).
 *
 * @param scoreThreshold the least score that is kept
 * @param precision the part of the kept detections that is right, 0 to 1
 * @param recall the part of the objects that the kept detections find, 0 to 1
 * @param fBeta the weighted harmonic mean of precision and recall, 0 to 1
 */
public record OperatingPoint(double scoreThreshold, double precision, double recall, double fBeta) {

    /**
     * Finds the point of the highest F-beta; of several, takes the one of the highest score.
     *
     * @param ranking detections that are right or wrong, by falling score
     * @param positives how many objects there are to find
     * @return empty if no object was found
     */
    static Optional<OperatingPoint> best(
            List<MatchedDetection> ranking, int positives, double beta) {
        OperatingPoint best = null;
        int right = 0;
        for (int i = 0; i < ranking.size(); i++) {
            double score = ranking.get(i).score();
            right += ranking.get(i).isRight() ? 1 : 0;
            // detections of one score are kept or dropped together
            boolean tied = i + 1 < ranking.size() && ranking.get(i + 1).score() == score;
            // NaN comes last and is not a threshold
            if (tied || right == 0 || Double.isNaN(score)) {
                continue;
            }
            double kept = i + 1;
            // equals the formula in precision and recall, but is rounded only once
            double f = (1 + beta * beta) * right / (beta * beta * positives + kept);
            if (best == null || f > best.fBeta) {
                best = new OperatingPoint(score, right / kept, (double) right / positives, f);
            }
        }
        return Optional.ofNullable(best);
    }
}
