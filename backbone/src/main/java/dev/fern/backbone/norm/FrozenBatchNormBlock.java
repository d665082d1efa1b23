package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;

/**
 * Batch normalisation with fixed statistics and fixed scale and shift, as torchvision's {@code
 * FrozenBatchNorm2d}: y = (x - mean) / sqrt(var + eps) * gamma + beta. Input and output [N, C, H,
 * W]; no parameter is trained.
 */
final class FrozenBatchNormBlock extends AbstractBlock {

    private final float epsilon;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter runningMean;
    private final Parameter runningVar;

    FrozenBatchNormBlock(int channels, float epsilon) {
        this.epsilon = epsilon;
        Shape shape = new Shape(channels);
        gamma = constant("gamma", Parameter.Type.GAMMA, shape, Initializer.ONES);
        beta = constant("beta", Parameter.Type.BETA, shape, Initializer.ZEROS);
        runningMean =
                constant("runningMean", Parameter.Type.RUNNING_MEAN, shape, Initializer.ZEROS);
        runningVar = constant("runningVar", Parameter.Type.RUNNING_VAR, shape, Initializer.ONES);
    }

    private Parameter constant(
            String name, Parameter.Type type, Shape shape, Initializer initializer) {
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optShape(shape)
                        .optInitializer(initializer)
                        .optRequiresGrad(false)
                        .build());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        Shape perChannel = new Shape(1, x.getShape().get(1), 1, 1);
        NDArray variance = parameters.getValue(runningVar, x.getDevice(), training);
        NDArray scale =
                parameters
                        .getValue(gamma, x.getDevice(), training)
                        .div(variance.add(epsilon).sqrt());
        NDArray shift =
                parameters
                        .getValue(beta, x.getDevice(), training)
                        .sub(parameters.getValue(runningMean, x.getDevice(), training).mul(scale));
        return new NDList(x.mul(scale.reshape(perChannel)).add(shift.reshape(perChannel)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
