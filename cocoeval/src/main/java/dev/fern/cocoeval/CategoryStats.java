package dev.fern.cocoeval;

import java.util.Map;

/**
 * The twelve numbers of one category.
 *
 * @param stats as {@link Evaluation#stats} has them; -1 where the category has no ground truth
 */
public record CategoryStats(CocoCategory category, Map<CocoMetric, Double> stats) {
    public CategoryStats {
        stats = Map.copyOf(stats);
    }
}
