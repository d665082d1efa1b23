package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.Matching;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which category was taken for which.
 *
 * <p>Detections are matched whatever their category: by falling score, each takes the free object
 * of the highest IoU, if that reaches the threshold. A detection that matches only a crowd, or
 * another object that does not count, is left out.
 *
 * @param iouThreshold the least IoU of a match
 * @param scoreThreshold the least score of a detection that counts
 * @param categories K categories, which rows and columns refer to by position
 * @param cells the counts that are not 0 of [K + 1][K + 1], row by row
 */
public record ConfusionMatrix(
        double iouThreshold,
        double scoreThreshold,
        List<CocoCategory> categories,
        List<Cell> cells) {
    /**
     * Copies both lists.
     *
     * @param iouThreshold 0 to 1
     * @param scoreThreshold any number
     * @param categories not null
     * @param cells each pair of row and column at most once
     */
    public ConfusionMatrix {
        categories = List.copyOf(categories);
        cells = List.copyOf(cells);
    }

    /**
     * How often one category was taken for another.
     *
     * @param row position of the object's category, K for background: a detection that matches
     *     nothing
     * @param column position of the detection's category, K for background: an object that nothing
     *     matches
     * @param count at least 1
     */
    public record Cell(int row, int column, int count) {}

    /**
     * Counts pairs of categories.
     *
     * @param matching made by {@link Matching#acrossCategories}
     * @param scoreThreshold the least score of a detection that counts
     * @return the matrix with background as its last row and column
     */
    public static ConfusionMatrix of(Matching matching, double scoreThreshold) {
        int background = matching.categories().size();
        // few of all pairs of categories ever occur
        List<Map<Integer, Integer>> rows = new ArrayList<>();
        for (int row = 0; row <= background; row++) {
            rows.add(new TreeMap<>());
        }
        for (ImageMatching image : matching.images()) {
            // a detection never changes what those of higher scores match, so the matching holds
            // for any score threshold
            for (MatchedDetection detection : image.detections()) {
                if (detection.score() >= scoreThreshold) {
                    if (detection.isRight()) {
                        MatchedTruth truth = image.truths().get(detection.truth());
                        rows.get(truth.category()).merge(detection.category(), 1, Integer::sum);
                    } else if (detection.isWrong()) {
                        rows.get(background).merge(detection.category(), 1, Integer::sum);
                    }
                }
            }
            for (MatchedTruth truth : image.truths()) {
                if (image.isMissed(truth, scoreThreshold)) {
                    rows.get(truth.category()).merge(background, 1, Integer::sum);
                }
            }
        }
        List<Cell> cells = new ArrayList<>();
        for (int row = 0; row <= background; row++) {
            int of = row;
            rows.get(row).forEach((column, count) -> cells.add(new Cell(of, column, count)));
        }
        return new ConfusionMatrix(
                matching.iouThreshold(), scoreThreshold, matching.categories(), cells);
    }

    /** {@return all [K + 1][K + 1] counts with zeros, in rows and columns as in {@link Cell}} */
    public int[][] counts() {
        int[][] counts = new int[categories.size() + 1][categories.size() + 1];
        cells.forEach(cell -> counts[cell.row][cell.column] = cell.count);
        return counts;
    }
}
