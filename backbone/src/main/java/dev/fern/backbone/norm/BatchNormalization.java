package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.moment.Standardization;
import dev.fern.backbone.norm.Standardizer.BatchMoments;
import dev.fern.backbone.norm.Standardizer.FixedMoments;

/**
 * Batch Normalization (Ioffe &amp; Szegedy, 2015) as PyTorch has it: the baseline whose results
 * depend on the batch. Where a batch has one value per channel (one image, a map of 1x1), PyTorch
 * ends with an error; here the result is beta, without a gradient, and only the running mean moves.
 * In a head that the levels of a pyramid share, the running averages follow each level in turn.
 *
 * @param activation what follows the norm
 */
public record BatchNormalization(Activation activation) implements MomentNormalization {

    /** Makes Batch Normalization with ReLU. */
    public BatchNormalization() {
        this(Activation.RELU);
    }

    @Override
    public String id() {
        return nameOf("bn");
    }

    @Override
    public boolean isBatchIndependent() {
        return false;
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new Block(channels);
    }

    /**
     * Batch normalisation as {@code torch.nn.BatchNorm2d} has it: in training by the mean and
     * variance of each channel over the batch, in inference by running averages of both. The
     * running average of the variance follows the one with the divisor N - 1. Input and output [N,
     * C, H, W].
     *
     * <p>PyTorch refuses a batch with one value per channel (N * H * W = 1). Here it gives beta,
     * passes no gradient, and moves the running mean but not the running variance, of which one
     * value says nothing.
     */
    private static final class Block extends MomentNormBlock {

        private static final double EPSILON = 1e-5;

        /** PyTorch's default: the running averages keep 0.9 of their value per step. */
        private static final double RATE = 0.1;

        private final Parameter runningMean;
        private final Parameter runningVar;

        Block(int channels) {
            super(channels, true);
            runningMean = runningMean();
            runningVar = runningSpread("runningVar");
        }

        @Override
        Standardizer standardizer(ParameterStore parameters, NDArray x, boolean training) {
            StoredStatistic mean = StoredStatistic.of(parameters, runningMean, x);
            StoredStatistic variance = StoredStatistic.of(parameters, runningVar, x);
            if (!training) {
                return new FixedMoments(mean.values(), variance.values(), EPSILON);
            }
            return new BatchMoments(EPSILON, channels(), x.size() / channels()) {
                @Override
                Standardization standardization(int channel, double mean, double variance) {
                    return Standardization.of(mean, variance, EPSILON);
                }

                @Override
                public void applied() {
                    mean.follow(means(), RATE);
                    if (haveVariance()) {
                        variance.follow(unbiasedVariances(), RATE);
                    }
                }
            };
        }

        @Override
        NDArray scripted(ParameterStore parameters, NDArray x, boolean training) {
            NDArray gamma = gamma(parameters, x, training);
            NDArray beta = beta(parameters, x, training);
            NDArray mean = parameters.getValue(runningMean, x.getDevice(), false);
            NDArray variance = parameters.getValue(runningVar, x.getDevice(), false);
            return training
                    ? BatchNormScript.measured(x, gamma, beta, mean, variance, RATE, EPSILON)
                    : BatchNormScript.fixed(x, gamma, beta, mean, variance, EPSILON);
        }
    }
}
