package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Difference;
import java.util.List;

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

    Difference ap() {
        return comparison.metrics().get(CocoMetric.AP);
    }
}
