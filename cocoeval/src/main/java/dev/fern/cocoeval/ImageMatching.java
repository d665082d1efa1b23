package dev.fern.cocoeval;

import java.util.List;

/**
 * What matched what on one image.
 *
 * @param image of an id that the data set does not list, only the id
 * @param detections those that are evaluated, by falling score
 * @param truths category by category
 */
public record ImageMatching(
        CocoImage image, List<MatchedDetection> detections, List<MatchedTruth> truths) {
    public ImageMatching {
        detections = List.copyOf(detections);
        truths = List.copyOf(truths);
    }

    /**
     * Whether an object should have been found and was not by any detection of at least this score.
     */
    public boolean isMissed(MatchedTruth truth, double scoreThreshold) {
        return truth.isMissed()
                || !truth.ignored()
                        && !(detections.get(truth.detection()).score() >= scoreThreshold);
    }
}
