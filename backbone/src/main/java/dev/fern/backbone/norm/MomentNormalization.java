package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/** A normaliser by mean and variance, with any activation behind it. */
interface MomentNormalization extends Normalization {

    /**
     * {@return a block that normalises, without an activation}
     *
     * @param channels C
     */
    MomentNormBlock momentNorm(int channels);

    /**
     * {@return a configuration's name of this normaliser, which says the activation where it is not
     * ReLU}
     *
     * @param normaliser the name with ReLU
     */
    default String nameOf(String normaliser) {
        return activation() == Activation.RELU ? normaliser : normaliser + activation().suffix();
    }

    @Override
    default Block norm(int channels) {
        return momentNorm(channels);
    }

    @Override
    default Block normActivation(int channels) {
        return new MomentNormBlock.Activated(momentNorm(channels), activation());
    }

    @Override
    default Block normAddActivation(int channels) {
        return normActivation(channels);
    }
}
