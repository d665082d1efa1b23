package dev.fern.detection.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.BlockChain;
import dev.fern.backbone.ConvBlocks;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.onednn.Relu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One of RetinaNet's two heads: 3x3 convolutions with activation, then a 3x3 convolution to the
 * outputs. It is applied with the same parameters to every level: inputs [N, C, H_l, W_l], outputs
 * [N, outputs, H_l, W_l].
 */
final class HeadBranch extends AbstractBlock {

    /** Each convolution, followed by its norm or its ReLU, and the convolution to the outputs. */
    private final List<Block> blocks = new ArrayList<>();

    /**
     * Builds the head without parameters.
     *
     * @param head how many convolutions, and their norm
     * @param channels C
     * @param outputs channels of the outputs: anchors per location times what each predicts
     */
    HeadBranch(HeadConfiguration head, int channels, int outputs) {
        Optional<Normalization> norm = head.headNorm();
        for (int i = 0; i < head.headConvolutions(); i++) {
            blocks.add(addChildBlock("conv" + i, ConvBlocks.conv(channels, 3, 1, norm.isEmpty())));
            blocks.add(
                    norm.isPresent()
                            ? addChildBlock("norm" + i, norm.get().normActivation(channels))
                            : Relu.block());
        }
        blocks.add(addChildBlock("output", ConvBlocks.output(outputs, 3)));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList outputs = new NDList(inputs.size());
        for (NDArray input : inputs) {
            outputs.addAll(BlockChain.run(blocks, parameters, new NDList(input), training));
        }
        return outputs;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        BlockChain.initialize(blocks, manager, dataType, inputShapes[0]);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return Arrays.stream(inputShapes)
                .map(shape -> BlockChain.outputShapes(blocks, shape)[0])
                .toArray(Shape[]::new);
    }
}
