package dev.fern.tools.sweep.result;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.HashSet;
import java.util.List;

/**
 * What a sweep trains: every norm with every batch size and every seed, at one or several learning
 * rates.
 *
 * @param norms names of normalisers; others are compared with the first
 * @param batchSizes in the order in which they are reported, each at least 1
 * @param seeds in the order in which they are trained and reported
 * @param rates factors on the learning rate that the rule gives for a batch size; of several, the
 *     best is chosen for each norm and batch size
 */
public record Grid(
        List<String> norms, List<Integer> batchSizes, List<Long> seeds, List<Double> rates) {

    /** Significant digits of a factor, so that its name in a folder's name is exact. */
    private static final MathContext DIGITS = new MathContext(6);

    /**
     * One training of a sweep.
     *
     * @param norm a name of {@link dev.fern.backbone.norm.Normalization}
     * @param batchSize images that pass the network together
     * @param seed of the initial parameters, the order of the images and their augmentation
     * @param rate factor on the learning rate that the rule gives
     */
    public record Cell(String norm, int batchSize, long seed, double rate) {

        /**
         * {@return the name of its folder, such as {@code frn-b2-s1}, or {@code frn-b2-s1-r0.5}
         * where the rate is not that of the rule}
         */
        public String name() {
            return norm + "-b" + batchSize + "-s" + seed + (rate == 1 ? "" : "-r" + text(rate));
        }
    }

    /**
     * Copies the lists.
     *
     * @param norms not empty, distinct
     * @param batchSizes not empty, distinct
     * @param seeds not empty, distinct
     * @param rates not empty, distinct, above 0, with at most six significant digits
     * @throws IllegalArgumentException naming the option whose list is empty, names something twice
     *     or has a value out of its range
     */
    public Grid {
        norms = List.copyOf(norms);
        batchSizes = List.copyOf(batchSizes);
        seeds = List.copyOf(seeds);
        rates = List.copyOf(rates);
        requireDistinct("--norms", norms);
        requireDistinct("--batch-sizes", batchSizes);
        requireDistinct("--seeds", seeds);
        requireDistinct("--rates", rates);
        for (int batchSize : batchSizes) {
            if (batchSize < 1) {
                throw new IllegalArgumentException(
                        "--batch-sizes must be at least 1 each, not " + batchSize);
            }
        }
        for (double rate : rates) {
            if (!(rate > 0 && rate < Double.POSITIVE_INFINITY && rounded(rate) == rate)) {
                throw new IllegalArgumentException(
                        "--rates must be above 0 each, with at most six digits, not " + rate);
            }
        }
    }

    private static void requireDistinct(String option, List<?> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException(option + " is empty");
        }
        if (new HashSet<>(values).size() < values.size()) {
            throw new IllegalArgumentException(option + " names something twice: " + values);
        }
    }

    /**
     * {@return the factor next to one, as {@link #rates} may have it}
     *
     * @param rate above 0
     */
    public static double rounded(double rate) {
        return new BigDecimal(rate).round(DIGITS).doubleValue();
    }

    /**
     * {@return a factor as text, such as {@code 0.5}}
     *
     * @param rate above 0
     */
    public static String text(double rate) {
        return BigDecimal.valueOf(rate).stripTrailingZeros().toPlainString();
    }
}
