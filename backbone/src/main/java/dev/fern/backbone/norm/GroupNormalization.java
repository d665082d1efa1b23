package dev.fern.backbone.norm;

/**
 * Group Normalization (Wu &amp; He, ECCV 2018) and, with one group, Layer Normalization as that
 * paper means it: over all channels and places of an image. A group of one value gives beta.
 *
 * @param groups number of groups, which must divide every layer's channels; 32 in the paper
 * @param activation what follows
 */
public record GroupNormalization(int groups, Activation activation) implements MomentNormalization {

    /** The paper's number of groups. */
    public static final int DEFAULT_GROUPS = 32;

    /** Group Normalization with ReLU. */
    public GroupNormalization(int groups) {
        this(groups, Activation.RELU);
    }

    @Override
    public String name() {
        return nameOf(
                switch (groups) {
                    case 1 -> "ln";
                    case DEFAULT_GROUPS -> "gn";
                    default -> "gn" + groups;
                });
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new GroupNormBlock(channels, groups);
    }
}
