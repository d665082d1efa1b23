package dev.fern.cocoeval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * The twelve numbers of one category.
 *
 * @param stats as {@link Evaluation#stats} has them, in the order of {@link CocoMetric}; -1 where
 *     the category has no ground truth
 */
public record CategoryStats(CocoCategory category, Map<CocoMetric, Double> stats) {
    public CategoryStats {
        stats = Collections.unmodifiableMap(new EnumMap<>(stats));
    }
}
