package dev.fern.backbone.resnet;

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
import java.util.ArrayList;
import java.util.List;

/**
 * A residual block of version 2 (He et al., ECCV 2016, figure 4e): norm and activation come before
 * each convolution, and the sum is left as it is. A projection starts from the activated input, as
 * the branch does. The stride is that of the 3x3 convolution, as in {@link ResidualBlock}. Input
 * [N, C, H, W], output [N, width * expansion, H / stride, W / stride].
 */
final class PreActivationBlock extends AbstractBlock {

    /** The norm and activation of the input; empty if the input is activated already. */
    private final List<Block> start;

    private final List<Block> branch = new ArrayList<>();
    private final List<Block> projection;

    /**
     * @param activatedInput whether the input has gone through norm and activation already, as that
     *     of a stage's first block has
     */
    PreActivationBlock(
            int inputChannels,
            int width,
            int stride,
            boolean bottleneck,
            boolean activatedInput,
            Normalization normalization) {
        int outputChannels = bottleneck ? width * ResidualBlock.EXPANSION : width;
        start =
                activatedInput
                        ? List.of()
                        : List.of(
                                addChildBlock(
                                        "norm1", normalization.normActivation(inputChannels)));
        if (bottleneck) {
            addConv(1, width, 1, 1);
            addNorm(2, width, normalization);
            addConv(2, width, 3, stride);
            addNorm(3, width, normalization);
            addConv(3, outputChannels, 1, 1);
        } else {
            addConv(1, width, 3, stride);
            addNorm(2, width, normalization);
            addConv(2, outputChannels, 3, 1);
        }
        projection =
                stride == 1 && inputChannels == outputChannels
                        ? List.of()
                        : List.of(
                                addChildBlock(
                                        "shortcutConv",
                                        ConvBlocks.conv(outputChannels, 1, stride, false)));
    }

    private void addConv(int index, int filters, int kernel, int stride) {
        branch.add(addChildBlock("conv" + index, ConvBlocks.conv(filters, kernel, stride, false)));
    }

    private void addNorm(int index, int channels, Normalization normalization) {
        branch.add(addChildBlock("norm" + index, normalization.normActivation(channels)));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList activated = BlockChain.run(start, parameters, inputs, training);
        NDList residual = BlockChain.run(branch, parameters, activated, training);
        NDList identity =
                projection.isEmpty()
                        ? inputs
                        : BlockChain.run(projection, parameters, activated, training);
        NDArray sum =
                ResidualAddition.apply(residual.singletonOrThrow(), identity.singletonOrThrow());
        residual.close();
        if (activated != inputs) {
            activated.close();
        }
        if (identity != inputs) {
            identity.close();
        }
        return new NDList(sum);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (List<Block> path : List.of(start, branch, projection)) {
            BlockChain.initialize(path, manager, dataType, inputShapes);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return BlockChain.outputShapes(branch, inputShapes);
    }
}
