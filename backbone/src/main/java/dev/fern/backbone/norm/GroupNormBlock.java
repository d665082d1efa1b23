package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * Group normalisation: mean and variance over the channels of a group and all places of one image,
 * then a scale and shift each channel. Input and output [N, C, H, W].
 */
final class GroupNormBlock extends AbstractBlock {

    private static final float EPSILON = 1e-5f;

    private final int groups;
    private final Parameter gamma;
    private final Parameter beta;

    GroupNormBlock(int channels, int groups) {
        if (groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    groups
                            + " groups do not divide "
                            + channels
                            + " channels: choose another count");
        }
        this.groups = groups;
        Shape shape = new Shape(channels);
        gamma =
                addParameter(
                        Parameter.builder()
                                .setName("gamma")
                                .setType(Parameter.Type.GAMMA)
                                .optShape(shape)
                                .build());
        beta =
                addParameter(
                        Parameter.builder()
                                .setName("beta")
                                .setType(Parameter.Type.BETA)
                                .optShape(shape)
                                .build());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        Shape shape = x.getShape();
        long images = shape.get(0);
        Shape perChannel = new Shape(1, shape.get(1), 1, 1);
        NDArray grouped = x.reshape(images, groups, shape.size() / images / groups);
        NDArray centred = grouped.sub(grouped.mean(new int[] {2}, true));
        NDArray variance = centred.square().mean(new int[] {2}, true);
        NDArray normalised = centred.div(variance.add(EPSILON).sqrt()).reshape(shape);
        return new NDList(
                normalised
                        .mul(
                                parameters
                                        .getValue(gamma, x.getDevice(), training)
                                        .reshape(perChannel))
                        .add(
                                parameters
                                        .getValue(beta, x.getDevice(), training)
                                        .reshape(perChannel)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
