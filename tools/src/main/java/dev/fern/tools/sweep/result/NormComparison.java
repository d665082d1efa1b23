package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.PairedBootstrap;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A norm compared with the sweep's first one at one batch size, each at its own learning rate.
 *
 * @param norm the one that is compared
 * @param batchSize of both
 * @param seeds those at which both are done, and which are compared in pairs
 * @param images how many images were evaluated
 * @param bootstrap how resamples were drawn
 * @param metrics the differences; A is the first norm, B is this norm
 * @param categories the differences in each category
 */
public record NormComparison(
        String norm,
        int batchSize,
        List<Long> seeds,
        int images,
        PairedBootstrap bootstrap,
        Map<CocoMetric, Difference> metrics,
        List<Category> categories) {

    /**
     * The differences in one category.
     *
     * @param name of the category
     * @param metrics the differences in {@link PairedBootstrap#CATEGORY_METRICS}
     */
    public record Category(String name, Map<CocoMetric, Difference> metrics) {
        /**
         * Copies the map.
         *
         * @param name not null
         * @param metrics not null
         */
        public Category {
            metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        }
    }

    /**
     * Copies lists and map.
     *
     * @param norm not null
     * @param batchSize at least 1
     * @param seeds at least one
     * @param images at least 1
     * @param bootstrap not null
     * @param metrics not null
     * @param categories by ascending id
     */
    public NormComparison {
        seeds = List.copyOf(seeds);
        metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        categories = List.copyOf(categories);
    }

    /** Returns how AP differs for a norm at a batch size, if these were compared. */
    static Optional<Difference> ap(List<NormComparison> comparisons, String norm, int batchSize) {
        return comparisons.stream()
                .filter(c -> c.norm.equals(norm) && c.batchSize == batchSize)
                .map(NormComparison::ap)
                .findFirst();
    }

    Difference ap() {
        return metrics.get(CocoMetric.AP);
    }
}
