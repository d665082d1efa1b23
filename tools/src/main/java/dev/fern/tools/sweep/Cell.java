package dev.fern.tools.sweep;

/**
 * One training of a sweep.
 *
 * @param norm a name of {@link dev.fern.backbone.norm.Normalizations}
 * @param batchSize images that pass the network together
 * @param seed of the initial parameters, the order of the images and their augmentation
 */
record Cell(String norm, int batchSize, long seed) {

    /** What its folder is called, such as {@code frn-b2-s1}. */
    String name() {
        return norm + "-b" + batchSize + "-s" + seed;
    }
}
