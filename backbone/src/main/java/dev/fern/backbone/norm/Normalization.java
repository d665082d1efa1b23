package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/**
 * A normaliser together with the activation that follows it: the one choice that a network's blocks
 * are handed.
 */
public interface Normalization {

    /** Returns the name by which {@link Normalizations#parse} finds it. */
    String name();

    /** Returns whether an image's result is its own, whatever batch it is trained in. */
    default boolean isBatchIndependent() {
        return true;
    }

    /**
     * Returns a block that normalises: [N, C, H, W] to [N, C, H, W].
     *
     * @param channels C
     */
    Block norm(int channels);

    /**
     * Returns a block that normalises and activates.
     *
     * @param channels C
     */
    Block normActivation(int channels);

    /**
     * Returns a block that normalises its first input, adds its second, and activates the sum: the
     * end of a residual block (ResNet V1).
     *
     * @param channels C
     */
    Block normAddActivation(int channels);
}
