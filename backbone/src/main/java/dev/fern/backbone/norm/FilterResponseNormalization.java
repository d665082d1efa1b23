package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/**
 * Filter Response Normalization (Singh &amp; Krishnan, CVPR 2020). None of its statistics depends
 * on another image of the batch.
 *
 * @param learnedEpsilon whether epsilon is learned: it is then 1e-6 + |eps_l| with one eps_l per
 *     channel, 1e-4 at the start, for maps that shrink to 1x1; otherwise it is 1e-6
 * @param activation what follows the norm: TLU in the paper, whose ablation is ReLU
 */
public record FilterResponseNormalization(boolean learnedEpsilon, Activation activation)
        implements Normalization {

    /**
     * Makes FRN with TLU.
     *
     * @param learnedEpsilon true for 1e-6 + |eps_l|, false for 1e-6
     */
    public FilterResponseNormalization(boolean learnedEpsilon) {
        this(learnedEpsilon, Activation.TLU);
    }

    @Override
    public String id() {
        String normaliser = learnedEpsilon ? "frn-eps" : "frn";
        return activation == Activation.TLU ? normaliser : normaliser + activation.suffix();
    }

    @Override
    public Block norm(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, false, Activation.NONE);
    }

    @Override
    public Block normActivation(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, false, activation);
    }

    @Override
    public Block normAddActivation(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, true, activation);
    }
}
