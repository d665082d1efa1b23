package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * Batch normalisation with fixed statistics and fixed scale and shift, as torchvision's {@code
 * FrozenBatchNorm2d}: y = (x - mean) / sqrt(var + eps) * gamma + beta. Input and output [N, C, H,
 * W]; no parameter is trained.
 */
final class FrozenBatchNormBlock extends MomentNormBlock {

    private final double epsilon;
    private final Parameter runningMean;
    private final Parameter runningVar;

    FrozenBatchNormBlock(int channels, double epsilon) {
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
}
