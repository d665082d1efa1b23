package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * A normaliser, then the addition of a second input if there is one, then ReLU. Input [N, C, H, W]
 * (twice with a shortcut), output [N, C, H, W].
 */
final class RectifiedNorm extends AbstractBlock {

    private final Block norm;

    RectifiedNorm(Block norm) {
        this.norm = addChildBlock("norm", norm);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray y =
                norm.forward(parameters, new NDList(inputs.get(0)), training).singletonOrThrow();
        if (inputs.size() > 1) {
            y = y.add(inputs.get(1));
        }
        return new NDList(y.getNDArrayInternal().relu());
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        norm.initialize(manager, dataType, inputShapes[0]);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
