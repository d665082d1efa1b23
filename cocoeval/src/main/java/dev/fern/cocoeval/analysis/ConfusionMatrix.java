package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.ImageMatching;
import dev.fern.cocoeval.MatchedDetection;
import dev.fern.cocoeval.MatchedTruth;
import dev.fern.cocoeval.Matching;
import java.util.Arrays;
import java.util.List;

/**
 * Which category was taken for which.
 *
 * <p>Detections are matched whatever their category: by falling score, each takes the free object
 * of the highest IoU, if that reaches the threshold. One that matches only a crowd, or another
 * object that is not to be counted, is left out.
 *
 * @param iouThreshold the least IoU of a match
 * @param scoreThreshold the least score of a detection that counts
 * @param categories K categories
 * @param counts [K + 1][K + 1]: rows are the categories of objects and, last, background
 *     (detections that match nothing); columns those of detections and, last, background (objects
 *     that nothing matches)
 */
public record ConfusionMatrix(
        double iouThreshold,
        double scoreThreshold,
        List<CocoCategory> categories,
        List<List<Integer>> counts) {
    public ConfusionMatrix {
        categories = List.copyOf(categories);
        counts = counts.stream().map(List::copyOf).toList();
    }

    /**
     * Counts.
     *
     * @param matching made by {@link Matching#acrossCategories}
     */
    public static ConfusionMatrix of(Matching matching, double scoreThreshold) {
        int background = matching.categories().size();
        Integer[][] counts = new Integer[background + 1][background + 1];
        for (Integer[] row : counts) {
            Arrays.fill(row, 0);
        }
        for (ImageMatching image : matching.images()) {
            // a detection never changes what those of higher scores match, so the rest need only
            // be passed over
            for (MatchedDetection detection : image.detections()) {
                if (detection.score() >= scoreThreshold) {
                    if (detection.isRight()) {
                        MatchedTruth truth = image.truths().get(detection.truth());
                        counts[truth.category()][detection.category()]++;
                    } else if (detection.isWrong()) {
                        counts[background][detection.category()]++;
                    }
                }
            }
            for (MatchedTruth truth : image.truths()) {
                if (image.isMissed(truth, scoreThreshold)) {
                    counts[truth.category()][background]++;
                }
            }
        }
        return new ConfusionMatrix(
                matching.iouThreshold(),
                scoreThreshold,
                matching.categories(),
                Arrays.stream(counts).map(Arrays::asList).toList());
    }
}
