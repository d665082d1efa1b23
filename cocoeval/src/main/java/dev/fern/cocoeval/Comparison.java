package dev.fern.cocoeval;

import java.util.Arrays;
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

    /**
     * Copies map and list.
     *
     * @param bootstrap not null
     * @param parameters not null
     * @param images at least 0
     * @param metrics iterated in the order of {@link CocoMetric}
     * @param categories not null
     */
    public Comparison {
        metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        categories = List.copyOf(categories);
    }

    /**
     * The differences in one category.
     *
     * @param category the category
     * @param metrics the differences in {@link PairedBootstrap#CATEGORY_METRICS}
     */
    public record Category(CocoCategory category, Map<CocoMetric, Difference> metrics) {
        /**
         * Copies the map.
         *
         * @param category not null
         * @param metrics iterated in the order of {@link CocoMetric}
         */
        public Category {
            metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
        }
    }

    /**
     * How a number differs between two sets of detections, and how sure that is.
     *
     * @param a the number of the first set; -1 where undefined
     * @param b the number of the second set; -1 where undefined
     * @param difference {@code b - a}; NaN where either is undefined, and then so are the next
     *     three
     * @param low lower end of the percentile interval of the resampled differences
     * @param high upper end of this interval
     * @param pValue two-sided; 1 if the resamples speak for neither side
     * @param resamples in how many resamples the difference was defined; it is not in one that drew
     *     no ground truth for this number
     */
    public record Difference(
            double a,
            double b,
            double difference,
            double low,
            double high,
            double pValue,
            int resamples) {

        /**
         * Takes interval and p-value from n resampled differences. The interval of confidence c
         * goes from the k-th lowest to the k-th highest of them, where k = floor((n + 1) (1 - c) /
         * 2), but at least 1. The p-value is min(1, 2 (1 + min(l, h)) / (n + 1)), where l counts
         * the differences of at most 0 and h those of at least 0. It is never 0, and about the
         * least 1 - c with an interval that leaves 0 out.
         *
         * @param resampled differences, NaN where undefined
         */
        static Difference of(double a, double b, double[] resampled, double confidence) {
            double[] sorted = Arrays.stream(resampled).filter(d -> d == d).sorted().toArray();
            int n = sorted.length;
            double difference = between(a, b);
            if (n == 0 || Double.isNaN(difference)) {
                return new Difference(a, b, difference, Double.NaN, Double.NaN, Double.NaN, n);
            }
            int k = Math.max(1, beyond(n, confidence));
            long low = Arrays.stream(sorted).filter(d -> d <= 0).count();
            long high = Arrays.stream(sorted).filter(d -> d >= 0).count();
            double pValue = Math.min(1, 2.0 * (1 + Math.min(low, high)) / (n + 1));
            return new Difference(a, b, difference, sorted[k - 1], sorted[n - k], pValue, n);
        }

        /** The k of the interval; 0 if there are too few resamples. */
        static int beyond(int resamples, double confidence) {
            // a little is added so that 40 * (1 - 0.9) / 2 is 2
            return (int) ((resamples + 1) * (1 - confidence) / 2 + 1e-9);
        }

        /** {@code b - a}, or NaN where either is undefined, which pycocotools writes as -1. */
        static double between(double a, double b) {
            return a == -1 || b == -1 ? Double.NaN : b - a;
        }
    }
}
