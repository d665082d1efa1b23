package dev.fern.backbone.norm;

/**
 * Batch Normalization (Ioffe &amp; Szegedy, 2015): the baseline whose results depend on the batch.
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
