package dev.fern.backbone.norm;

import ai.djl.nn.Block;
import ai.djl.nn.norm.BatchNorm;

/**
 * Batch Normalization (Ioffe &amp; Szegedy, 2015), then ReLU: the baseline whose results depend on
 * the batch. The running average of the variance is of the biased one on MXNet, of the unbiased one
 * on PyTorch.
 */
public record BatchNormalization() implements Normalization {

    /** torchvision's: the running averages keep 0.9 of their value a step. */
    private static final float MOMENTUM = 0.9f;

    private static final float EPSILON = 1e-5f;

    @Override
    public String name() {
        return "bn";
    }

    @Override
    public boolean isBatchIndependent() {
        return false;
    }

    @Override
    public Block norm(int channels) {
        return BatchNorm.builder().optMomentum(MOMENTUM).optEpsilon(EPSILON).build();
    }
}
