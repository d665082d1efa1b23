package dev.fern.backbone.norm;

/**
 * Batch normalisation with fixed statistics: what detectors fine-tuned from a classifier use.
 *
 * @param epsilon added to the variance; torchvision's default is 1e-5, its published RetinaNet v1
 *     weights were trained with 0
 * @param activation what follows
 */
public record FrozenBatchNormalization(double epsilon, Activation activation)
        implements MomentNormalization {

    /** torchvision's usual epsilon. */
    public static final double DEFAULT_EPSILON = 1e-5;

    /** Frozen batch normalisation with ReLU. */
    public FrozenBatchNormalization(double epsilon) {
        this(epsilon, Activation.RELU);
    }

    @Override
    public String name() {
        return nameOf(epsilon == 0 ? "frozen-bn-eps0" : "frozen-bn");
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new FrozenBatchNormBlock(channels, epsilon);
    }
}
