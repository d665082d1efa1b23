package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/**
 * FRN + TLU (Singh &amp; Krishnan, CVPR 2020): no statistic depends on another image of the batch.
 *
 * @param learnedEpsilon whether epsilon is a parameter: 1e-6 + |eps_l| with eps_l = 1e-4 at the
 *     start, for maps that shrink to 1x1; otherwise it is 1e-6
 */
public record FilterResponseNormalization(boolean learnedEpsilon) implements Normalization {

    @Override
    public String name() {
        return learnedEpsilon ? "frn-eps" : "frn";
    }

    @Override
    public Block norm(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, false, false);
    }

    @Override
    public Block normActivation(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, false, true);
    }

    @Override
    public Block normAddActivation(int channels) {
        return new FilterResponseBlock(channels, learnedEpsilon, true, true);
    }
}
