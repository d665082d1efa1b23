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

    /**
     * How a number differs between two sets of detections, and how sure that is.
     *
     * @param a the number of the first; -1 where undefined
     * @param b the number of the second; -1 where undefined
     * @param difference {@code b - a}; NaN where either is undefined, and then so are the rest
     * @param low lower end of the percentile interval of the resampled differences
     * @param high upper end of it
     * @param pValue two-sided; 1 if the resamples speak for neither side
     * @param resamples in how many resamples the difference was defined: in one without any ground
     *     truth for this number it is not
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
         * With n resampled differences in ascending order, the interval of confidence c is from the
         * k-th lowest to the k-th highest, k = floor((n + 1) (1 - c) / 2) and at least 1. The
         * p-value is min(1, 2 (1 + min(l, h)) / (n + 1)), l of the differences being at most 0 and
         * h at least 0: about the least 1 - c of which the interval leaves 0 out, and never 0.
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

        /** The k of the interval, 0 where there are too few. */
        static int beyond(int resamples, double confidence) {
            // a trifle more, so that 40 * (1 - 0.9) / 2 is 2
            return (int) ((resamples + 1) * (1 - confidence) / 2 + 1e-9);
        }

        /** {@code b - a}, or NaN where either is undefined, which pycocotools writes as -1. */
        static double between(double a, double b) {
            return a == -1 || b == -1 ? Double.NaN : b - a;
        }
    }
}
