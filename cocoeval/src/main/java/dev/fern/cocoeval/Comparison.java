package dev.fern.cocoeval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Two sets of detections side by side. Immutable.
 *
 * @param bootstrap how the resamples were drawn
 * @param parameters what was evaluated
 * @param images how many images were evaluated, and drawn for each resample
 * @param metrics the twelve numbers
 * @param categories by ascending id; empty if categories were not used
 */
public record Comparison(
        PairedBootstrap bootstrap,
        EvaluationParameters parameters,
        int images,
        Map<CocoMetric, Difference> metrics,
        List<Category> categories) {

    public Comparison {
        metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        categories = List.copyOf(categories);
    }

    /**
     * One category's part.
     *
     * @param metrics {@link PairedBootstrap#CATEGORY_METRICS}
     */
    public record Category(CocoCategory category, Map<CocoMetric, Difference> metrics) {
        public Category {
            metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        }
    }
}
