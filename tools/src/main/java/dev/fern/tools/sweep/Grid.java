package dev.fern.tools.sweep;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * The trainings of a sweep: every norm with every batch size and every seed.
 *
 * @param norms the first is the one that others are compared with
 * @param batchSizes in the order in which they are reported
 * @param seeds likewise
 */
record Grid(List<String> norms, List<Integer> batchSizes, List<Long> seeds) {

    /**
     * Checks that no list is empty or names something twice, and that batch sizes are positive.
     *
     * @throws IllegalArgumentException naming the option that is wrong
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
     * All cells, seed by seed and batch size by batch size, so that a sweep that is not yet
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
