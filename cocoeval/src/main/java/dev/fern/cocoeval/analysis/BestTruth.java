package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;

/**
 * The object that a detection overlaps most.
 *
 * @param truth position in {@link ImageMatching#truths}, -1 if the detection overlaps no object
 * @param iou 0 if the detection overlaps no object
 */
public record BestTruth(int truth, double iou) {
    /** {@return whether the detection overlaps an object at all} */
    public boolean isThere() {
        return truth >= 0;
    }

    /**
     * Looks at the objects to be found; of several with one IoU, takes the first.
     *
     * @param same whether to look at objects of the detection's category or at those of others
     */
    static BestTruth of(ImageMatching image, MatchedDetection detection, boolean same) {
        BestTruth best = new BestTruth(-1, 0);
        for (int g = 0; g < image.truths().size(); g++) {
            MatchedTruth truth = image.truths().get(g);
            if (!truth.ignored() && truth.category() == detection.category() == same) {
                double iou = image.overlap(detection, truth);
                if (iou > best.iou) {
                    best = new BestTruth(g, iou);
                }
            }
        }
        return best;
    }
}
