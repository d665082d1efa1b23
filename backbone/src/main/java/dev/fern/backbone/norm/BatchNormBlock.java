package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * Batch normalisation as {@code torch.nn.BatchNorm2d}: in training by mean and variance of each
 * channel over the batch, which running averages follow, that of the variance with the divisor N -
 * 1; in inference by those averages. Input and output [N, C, H, W].
 *
 * <p>PyTorch refuses a batch with one value a channel (N * H * W = 1). Here it gives beta, passes
 * no gradient, and moves the running mean but not the running variance, of which one value says
 * nothing.
 */
final class BatchNormBlock extends MomentNormBlock {

    private static final double EPSILON = 1e-5;

    /** torchvision's: the running averages keep 0.9 of their value a step. */
    private static final double RATE = 0.1;

    private final Parameter runningMean;
    private final Parameter runningVar;

    BatchNormBlock(int channels) {
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
}
