package dev.fern.backbone.norm;

/**
 * Batch Normalization (Ioffe &amp; Szegedy, 2015) as PyTorch has it: the baseline whose results
 * depend on the batch. Where a batch has one value a channel (one image, a map of 1x1) PyTorch ends
 * with an error; here the result is beta, without a gradient, and only the running mean moves. In a
 * head that the levels of a pyramid share, the running averages follow each level in turn.
 *
 * @param activation what follows
 */
public record BatchNormalization(Activation activation) implements MomentNormalization {

    /** Batch Normalization with ReLU. */
    public BatchNormalization() {
        this(Activation.RELU);
    }

    @Override
    public String name() {
        return nameOf("bn");
    }

    @Override
    public boolean isBatchIndependent() {
        return false;
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new BatchNormBlock(channels);
    }
}
