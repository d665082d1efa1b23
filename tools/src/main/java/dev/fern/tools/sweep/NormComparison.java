package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Comparison.Difference;
import java.util.List;
import java.util.Optional;

/**
 * A norm beside the sweep's first one, at one batch size.
 *
 * @param seeds of which both are done; those alone are compared, in pairs
 * @param comparison A is the first norm, B this one
 */
record NormComparison(String norm, int batchSize, List<Long> seeds, Comparison comparison) {

    NormComparison {
        seeds = List.copyOf(seeds);
    }

    /** Returns how AP differs for a norm at a batch size, if these were compared. */
    static Optional<Difference> ap(List<NormComparison> comparisons, String norm, int batchSize) {
        return comparisons.stream()
                .filter(c -> c.norm.equals(norm) && c.batchSize == batchSize)
                .map(NormComparison::ap)
                .findFirst();
    }

    Difference ap() {
        return comparison.metrics().get(CocoMetric.AP);
    }
}
