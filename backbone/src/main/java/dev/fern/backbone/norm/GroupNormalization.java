package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/**
 * Group Normalization (Wu &amp; He, ECCV 2018), then ReLU.
 *
 * @param groups number of groups, which must divide every layer's channels; 32 in the paper
 */
public record GroupNormalization(int groups) implements Normalization {

    /** The paper's number of groups. */
    public static final int DEFAULT_GROUPS = 32;

    @Override
    public String name() {
        return groups == DEFAULT_GROUPS ? "gn" : "gn" + groups;
    }

    @Override
    public Block norm(int channels) {
        return new GroupNormBlock(channels, groups);
    }
}
