package dev.fern.detection.data;

/**
 * How a {@link BatchLoader} works.
 *
 * @param threads number of threads that decode, at least 1
 * @param batchesAhead largest number of batches that are decoded or waiting, at least 1; fewer than
 *     {@code threads} leave threads idle
 * @param skipBadImages whether images that can't be used are counted and left out, rather than
 *     ending the epoch with an error
 */
public record LoaderOptions(int threads, int batchesAhead, boolean skipBadImages) {

    /**
     * Checks the numbers.
     *
     * @param threads at least 1
     * @param batchesAhead at least 1
     * @param skipBadImages whether images that can't be used are left out
     * @throws IllegalArgumentException if a number is below 1
     */
    public LoaderOptions {
        if (threads < 1 || batchesAhead < 1) {
            throw new IllegalArgumentException(
                    threads
                            + " loader threads, "
                            + batchesAhead
                            + " batches ahead: wanted at least 1 of each");
        }
    }
}
