package dev.fern.cocoeval;

import dev.fern.cocoeval.numpy.NumpyArchive;
import dev.fern.cocoeval.numpy.NumpySum;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The outcome of an evaluation. Immutable.
 *
 * <p>The arrays are flat, the last dimension fastest. Their dimensions are T IoU thresholds, R
 * recall thresholds, K categories by ascending id (a single one if categories were not used), A
 * area ranges and M ascending limits on detections.
 */
public final class Evaluation {
    private static final int HEADLINE_MAX_DETS = 100;
    private static final int KEYPOINT_MAX_DETS = 20;

    private final EvaluationParameters parameters;
    private final EvaluationArrays arrays;
    private final List<CocoCategory> categories;

    Evaluation(
            EvaluationParameters parameters,
            EvaluationArrays arrays,
            List<CocoCategory> categories) {
        this.parameters = parameters;
        this.arrays = arrays;
        this.categories = List.copyOf(categories);
    }

    /** {@return the parameters as they were given} */
    public EvaluationParameters parameters() {
        return parameters;
    }

    /** {@return the K categories of the arrays; empty if categories were not used} */
    public List<CocoCategory> categories() {
        return categories;
    }

    /** {@return the shape of precision and scores: T, R, K, A, M; that of recall has no R} */
    public int[] shape() {
        return arrays.precisionShape();
    }

    /** {@return precision at each recall threshold, [T, R, K, A, M]; -1 without truth; a copy} */
    public double[] precision() {
        return arrays.precision().clone();
    }

    /** {@return the recall that is reached, [T, K, A, M]; -1 without truth; a copy} */
    public double[] recall() {
        return arrays.recall().clone();
    }

    /** {@return the score that reaches each recall, [T, R, K, A, M]; -1 without truth; a copy} */
    public double[] scores() {
        return arrays.scores().clone();
    }

    /**
     * Takes the twelve numbers.
     *
     * @return each 0 to 1, or -1 where there is nothing to take a mean of; in the order of {@link
     *     CocoMetric}
     * @throws IllegalArgumentException where pycocotools raises: with fewer than three maxDets
     *     (unless corrected), without IoU thresholds, and with labels of areas that do not exist
     */
    public Map<CocoMetric, Double> stats() {
        return stats(0, arrays.precisionShape()[2]);
    }

    /**
     * Takes one of the twelve numbers.
     *
     * @param metric which one
     * @return 0 to 1, or -1 where there is nothing to take a mean of
     * @throws IllegalArgumentException where {@link #stats()} throws it
     */
    public double stat(CocoMetric metric) {
        requireSummarizable();
        return mean(metric, 0, arrays.precisionShape()[2]);
    }

    /**
     * Takes one of the twelve numbers of the category at {@code k}; throws like {@link #stats()}.
     */
    double stat(CocoMetric metric, int k) {
        requireSummarizable();
        return mean(metric, k, k + 1);
    }

    /**
     * Takes the twelve numbers of each category.
     *
     * @return by ascending id; empty if categories were not used
     * @throws IllegalArgumentException where {@link #stats()} throws it
     */
    public List<CategoryStats> perCategory() {
        return IntStream.range(0, categories.size())
                .mapToObj(k -> new CategoryStats(categories.get(k), stats(k, k + 1)))
                .toList();
    }

    private Map<CocoMetric, Double> stats(int firstCategory, int endCategory) {
        requireSummarizable();
        Map<CocoMetric, Double> stats = new EnumMap<>(CocoMetric.class);
        for (CocoMetric metric : CocoMetric.of(parameters.iouType())) {
            stats.put(metric, mean(metric, firstCategory, endCategory));
        }
        return Collections.unmodifiableMap(stats);
    }

    private void requireSummarizable() {
        if (arrays.maxDets().length < 3
                && !parameters.corrected()
                && parameters.iouType() != IouType.KEYPOINTS) {
            throw new IllegalArgumentException(
                    "the twelve numbers need three maxDets or more, as in pycocotools, not "
                            + parameters.maxDets()
                            + " (\"corrected\" takes the largest)");
        }
        if (arrays.iouThrs().length == 0) {
            throw new IllegalArgumentException("the twelve numbers need an IoU threshold");
        }
    }

    /** The positions in maxDets that a metric takes; none if its limit is not among them. */
    private int[] maxDetsPositions(CocoMetric metric) {
        int count = arrays.maxDets().length;
        int wanted;
        if (!parameters.corrected()) {
            wanted =
                    parameters.iouType() == IouType.KEYPOINTS
                            ? KEYPOINT_MAX_DETS
                            : switch (metric) {
                                case AP -> HEADLINE_MAX_DETS;
                                case AR1 -> arrays.maxDets()[0];
                                case AR10 -> arrays.maxDets()[1];
                                default -> arrays.maxDets()[2];
                            };
            return positions(count, m -> arrays.maxDets()[m] == wanted);
        }
        int last = count - 1;
        return switch (metric) {
            case AR1 -> last > 0 ? new int[] {0} : new int[0];
            case AR10 -> last > 1 ? new int[] {1} : new int[0];
            default -> new int[] {last};
        };
    }

    /** [A][M]: which parts of the arrays the twelve numbers take. */
    boolean[][] consulted() {
        requireSummarizable();
        boolean[][] consulted = new boolean[parameters.areaRng().size()][arrays.maxDets().length];
        for (CocoMetric metric : CocoMetric.of(parameters.iouType())) {
            int[] limits = maxDetsPositions(metric);
            for (int a = 0; a < consulted.length; a++) {
                if (isOf(metric, a)) {
                    for (int m : limits) {
                        consulted[a][m] = true;
                    }
                }
            }
        }
        return consulted;
    }

    private boolean isOf(CocoMetric metric, int area) {
        List<String> labels = parameters.areaRngLbl();
        return area < labels.size() && labels.get(area).equals(metric.areaLabel());
    }

    private static int[] positions(int count, IntPredicate wanted) {
        return IntStream.range(0, count).filter(wanted).toArray();
    }

    /** The mean over all entries above -1, summed in numpy's order. */
    private double mean(CocoMetric metric, int firstCategory, int endCategory) {
        List<String> labels = parameters.areaRngLbl();
        int[] areas = positions(labels.size(), a -> labels.get(a).equals(metric.areaLabel()));
        int[] limits = maxDetsPositions(metric);
        int pairs = pairs(areas.length, limits.length);
        if (pairs > 0 && areas[areas.length - 1] >= parameters.areaRng().size()) {
            throw new IllegalArgumentException(
                    "areaRngLbl has more labels than areaRng has ranges");
        }
        int[] thresholds =
                positions(
                        arrays.iouThrs().length,
                        t ->
                                metric.iouThreshold() == null
                                        || arrays.iouThrs()[t] == metric.iouThreshold());
        int recalls = metric.isPrecision() ? arrays.recThrs().length : 1;
        double[] values =
                new double
                        [Math.multiplyExact(
                                thresholds.length * recalls,
                                (endCategory - firstCategory) * pairs)];
        int count = 0;
        for (int t : thresholds) {
            for (int r = 0; r < recalls; r++) {
                for (int k = firstCategory; k < endCategory; k++) {
                    for (int p = 0; p < pairs; p++) {
                        int a = areas[areas.length == 1 ? 0 : p];
                        int m = limits[limits.length == 1 ? 0 : p];
                        double value =
                                metric.isPrecision()
                                        ? arrays.precision()[arrays.precisionIndex(t, r, k, a, m)]
                                        : arrays.recall()[arrays.recallIndex(t, k, a, m)];
                        if (value > -1) {
                            values[count++] = value;
                        }
                    }
                }
            }
        }
        return count == 0 ? -1 : NumpySum.mean(values, count);
    }

    /**
     * How many pairs numpy makes of two lists of indices: one by one, or a single one with each.
     */
    private static int pairs(int areas, int limits) {
        if (areas == limits || limits == 1) {
            return areas;
        }
        if (areas == 1) {
            return limits;
        }
        throw new IllegalArgumentException(
                "areaRngLbl and maxDets repeat entries so that they can't be paired");
    }

    /**
     * Writes the table that pycocotools prints.
     *
     * @return twelve lines, and one more if the first number is -1 since maxDets lacks 100
     * @throws IllegalArgumentException where {@link #stats()} throws it
     */
    public String table() {
        Map<CocoMetric, Double> stats = stats();
        StringBuilder table = new StringBuilder();
        double[] iouThrs = arrays.iouThrs();
        String range = fixed(iouThrs[0], 2) + ":" + fixed(iouThrs[iouThrs.length - 1], 2);
        stats.forEach(
                (metric, value) -> {
                    String iou =
                            metric.iouThreshold() == null ? range : fixed(metric.iouThreshold(), 2);
                    table.append(
                            String.format(
                                    " %-18s %s @[ IoU=%-9s | area=%6s | maxDets=%3s ] = %s%n",
                                    metric.isPrecision() ? "Average Precision" : "Average Recall",
                                    metric.isPrecision() ? "(AP)" : "(AR)",
                                    iou,
                                    metric.areaLabel(),
                                    maxDetsText(metric),
                                    fixed(value, 3)));
                });
        if (!parameters.corrected() && maxDetsPositions(CocoMetric.AP).length == 0) {
            table.append(
                    String.format(
                            " The first line is -1 since pycocotools takes it at 100 detections and"
                                    + " maxDets is %s.%n",
                            parameters.maxDets()));
        }
        return table.toString();
    }

    private String maxDetsText(CocoMetric metric) {
        if (!parameters.corrected()) {
            if (parameters.iouType() == IouType.KEYPOINTS) {
                return Integer.toString(KEYPOINT_MAX_DETS);
            }
            if (metric == CocoMetric.AP) {
                return Integer.toString(HEADLINE_MAX_DETS);
            }
        }
        int[] positions = maxDetsPositions(metric);
        return positions.length == 0 ? "-" : Integer.toString(arrays.maxDets()[positions[0]]);
    }

    /** As Python formats it: rounded from the exact value, halves to even. */
    private static String fixed(double value, int digits) {
        return Double.isFinite(value)
                ? new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()
                : Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }

    /**
     * Writes precision, recall and scores as numpy's {@code load} reads them, whole or not at all.
     *
     * @param file usually named {@code .npz}; the name is taken as it is
     * @throws IOException if the file can't be written; an older file of this name is then left as
     *     it was
     */
    public void writeArrays(Path file) throws IOException {
        Map<String, NumpyArchive.Array> named = new LinkedHashMap<>();
        named.put("precision", new NumpyArchive.Array(arrays.precisionShape(), arrays.precision()));
        named.put("recall", new NumpyArchive.Array(arrays.recallShape(), arrays.recall()));
        named.put("scores", new NumpyArchive.Array(arrays.precisionShape(), arrays.scores()));
        AtomicFile.write(file, out -> NumpyArchive.write(out, named));
    }

    /**
     * The twelve numbers of one category.
     *
     * @param category only its id if the data set does not list it
     * @param stats as {@link Evaluation#stats} has them, in the order of {@link CocoMetric}; -1
     *     where the category has no ground truth
     */
    public record CategoryStats(CocoCategory category, Map<CocoMetric, Double> stats) {
        /**
         * Copies the map.
         *
         * @param category not null
         * @param stats not null
         */
        public CategoryStats {
            stats = Collections.unmodifiableMap(new EnumMap<>(stats));
        }
    }
}
