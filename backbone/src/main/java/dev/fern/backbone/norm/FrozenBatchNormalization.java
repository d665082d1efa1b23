package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.norm.Standardizer.FixedMoments;

/**
 * Batch normalisation with fixed statistics, as detectors use it that are fine-tuned from a
 * classifier.
 *
 * @param epsilon added to the variance, 1e-5 or 0; torchvision's default is 1e-5, but its published
 *     RetinaNet v1 weights were trained with 0
 * @param activation what follows the norm
 */
public record FrozenBatchNormalization(double epsilon, Activation activation)
        implements MomentNormalization {

    /** torchvision's usual epsilon. */
    public static final double DEFAULT_EPSILON = 1e-5;

    /**
     * Checks the epsilon, which the name must tell.
     *
     * @param epsilon {@value #DEFAULT_EPSILON} or 0
     * @param activation what follows the norm
     * @throws IllegalArgumentException if epsilon is another
     */
    public FrozenBatchNormalization {
        if (epsilon != 0 && epsilon != DEFAULT_EPSILON) {
            throw new IllegalArgumentException(
                    "the epsilon of frozen batch norm must be "
                            + DEFAULT_EPSILON
                            + " or 0, not "
                            + epsilon);
        }
    }

    /**
     * Makes frozen batch normalisation with ReLU.
     *
     * @param epsilon added to the variance, {@value #DEFAULT_EPSILON} or 0
     */
    public FrozenBatchNormalization(double epsilon) {
        this(epsilon, Activation.RELU);
    }

    @Override
    public String id() {
        return nameOf(epsilon == 0 ? "frozen-bn-eps0" : "frozen-bn");
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new Block(channels, epsilon);
    }

    /**
     * Batch normalisation with fixed statistics and fixed scale and shift, as torchvision's {@code
     * FrozenBatchNorm2d}: y = (x - mean) / sqrt(var + eps) * gamma + beta. Input and output [N, C,
     * H, W]; no parameter is trained.
     */
    private static final class Block extends MomentNormBlock {

        private final double epsilon;
        private final Parameter runningMean;
        private final Parameter runningVar;

        Block(int channels, double epsilon) {
            super(channels, false);
            this.epsilon = epsilon;
            runningMean = runningMean();
            runningVar = runningSpread("runningVar");
        }

        @Override
        Standardizer standardizer(ParameterStore parameters, NDArray x, boolean training) {
            return new FixedMoments(
                    StoredStatistic.of(parameters, runningMean, x).values(),
                    StoredStatistic.of(parameters, runningVar, x).values(),
                    epsilon);
        }

        @Override
        NDArray scripted(ParameterStore parameters, NDArray x, boolean training) {
            return BatchNormScript.fixed(
                    x,
                    gamma(parameters, x, training),
                    beta(parameters, x, training),
                    parameters.getValue(runningMean, x.getDevice(), false),
                    parameters.getValue(runningVar, x.getDevice(), false),
                    epsilon);
        }
    }
}
