package dev.fern.tools.sweep;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * The trainings of a sweep: every norm with every batch size and every seed.
 *
 * @param norms names of normalisers; others are compared with the first
 * @param batchSizes in the order in which they are reported, each at least 1
 * @param seeds in the order in which they are trained and reported
 */
record Grid(List<String> norms, List<Integer> batchSizes, List<Long> seeds) {

    /**
     * One training of a sweep.
     *
     * @param norm a name of {@link dev.fern.backbone.norm.Normalization}
     * @param batchSize images that pass the network together
     * @param seed of the initial parameters, the order of the images and their augmentation
     */
    record Cell(String norm, int batchSize, long seed) {

        /** Returns the name of its folder, such as {@code frn-b2-s1}. */
        String name() {
            return norm + "-b" + batchSize + "-s" + seed;
        }
    }

    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException naming the option whose list is empty, names something twice
     *     or has a batch size below 1
     */
    Grid {
        norms = List.copyOf(norms);
        batchSizes = List.copyOf(batchSizes);
        seeds = List.copyOf(seeds);
        requireDistinct("--norms", norms);
        requireDistinct("--batch-sizes", batchSizes);
        requireDistinct("--seeds", seeds);
        for (int batchSize : batchSizes) {
            if (batchSize < 1) {
                throw new IllegalArgumentException(
                        "--batch-sizes must be at least 1 each, not " + batchSize);
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
     * Returns all cells, seed by seed and batch size by batch size, so that a sweep that is not yet
     * finished has the norms side by side.
     */
    List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (long seed : seeds) {
            for (int batchSize : batchSizes) {
                for (String norm : norms) {
                    cells.add(new Cell(norm, batchSize, seed));
                }
            }
        }
        return cells;
    }
}
