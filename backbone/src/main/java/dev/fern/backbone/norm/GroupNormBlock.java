package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;

/**
 * Group normalisation: mean and variance over the channels of a group and all places of one image,
 * then a scale and shift each channel. Input and output [N, C, H, W].
 */
final class GroupNormBlock extends MomentNormBlock {

    private static final double EPSILON = 1e-5;

    private final int groups;

    GroupNormBlock(int channels, int groups) {
        super(channels, true);
        if (groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    groups
                            + " groups do not divide "
                            + channels
                            + " channels: choose another count");
        }
        this.groups = groups;
    }

    /** The moments of each group of each image. */
    private record OfGroups(int groupsOfImage) implements Standardizer {

        @Override
        public RowGroups groups(int images, int channels) {
            return RowGroups.ofImages(images, channels, groupsOfImage);
        }

        @Override
        public boolean measures() {
            return true;
        }

        @Override
        public double epsilon() {
            return EPSILON;
        }

        @Override
        public Standardization of(int group, double mean, double variance) {
            return Standardization.of(mean, variance, EPSILON);
        }
    }

    @Override
    Standardizer standardizer(ParameterStore parameters, NDArray x, boolean training) {
        return new OfGroups(groups);
    }
}
