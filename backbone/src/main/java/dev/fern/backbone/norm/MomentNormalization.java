package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/** A normaliser by mean and variance, with whatever activation. */
interface MomentNormalization extends Normalization {

    /** Returns what follows the norm; not {@link Activation#NONE}. */
    Activation activation();

    /** Returns a block that normalises alone. */
    MomentNormBlock momentNorm(int channels);

    /** Returns a name that says the activation where it is not ReLU. */
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
