package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.moment.RowGroups;
import dev.fern.backbone.moment.Standardization;

/**
 * Group Normalization (Wu &amp; He, ECCV 2018): mean and variance over the channels of a group and
 * all places of one image, then a scale and shift of each channel. With one group it is Layer
 * Normalization as that paper means it, over all channels and places of an image; with one group
 * per channel it is Instance Normalization (Ulyanov et al., 2016). A group of one value gives beta,
 * so that nothing else is left of a map of 1x1 under Instance Normalization.
 *
 * @param groups number of groups, which must divide every layer's channels; 32 in the paper; {@link
 *     #ONE_PER_CHANNEL} for as many as there are channels
 * @param activation what follows the norm
 */
public record GroupNormalization(int groups, Activation activation) implements MomentNormalization {

    /** The paper's number of groups. */
    public static final int DEFAULT_GROUPS = 32;

    /** The number of groups that stands for as many as there are channels. */
    public static final int ONE_PER_CHANNEL = Integer.MAX_VALUE;

    /**
     * Checks that there is a group.
     *
     * @param groups 1 or more
     * @param activation what follows the norm
     * @throws IllegalArgumentException if there is none
     */
    public GroupNormalization {
        if (groups < 1) {
            throw new IllegalArgumentException("group norm needs a group, not " + groups);
        }
    }

    /**
     * Makes Group Normalization with ReLU.
     *
     * @param groups must divide the channels of every layer, or {@link #ONE_PER_CHANNEL}
     */
    public GroupNormalization(int groups) {
        this(groups, Activation.RELU);
    }

    @Override
    public String id() {
        return nameOf(
                switch (groups) {
                    case ONE_PER_CHANNEL -> "in";
                    case 1 -> "ln";
                    case DEFAULT_GROUPS -> "gn";
                    default -> "gn" + groups;
                });
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new Block(channels, groups == ONE_PER_CHANNEL ? channels : groups);
    }

    /** Group normalisation of one layer. Input and output [N, C, H, W]. */
    private static final class Block extends MomentNormBlock {

        private static final double EPSILON = 1e-5;

        /** GPUs take no map in bfloat16 beside parameters in float32, PyTorch's type 6. */
        private static final String SCRIPT =
                """
                  def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
                    return torch.group_norm(x.to(dtype=6), %d, gamma, beta, %s, True)
                """;

        private final int groups;

        Block(int channels, int groups) {
            super(channels, true);
            if (channels % groups != 0) {
                throw new IllegalArgumentException(
                        groups
                                + " groups do not divide "
                                + channels
                                + " channels: choose another number of groups");
            }
            this.groups = groups;
        }

        /** Standardises by the moments of each group of each image. */
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

        @Override
        NDArray scripted(ParameterStore parameters, NDArray x, boolean training) {
            return TorchScript.of(SCRIPT.formatted(groups, EPSILON))
                    .forward(x, gamma(parameters, x, training), beta(parameters, x, training));
        }
    }
}
