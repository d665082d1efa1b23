package dev.fern.backbone.resnet;

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
 * A residual block of version 1 (He et al., CVPR 2016): a norm follows each convolution, the
 * shortcut is added to the last norm's result, and the sum is activated. The version says which
 * convolution has the stride. Input [N, C, H, W], output [N, width * expansion, H / stride, W /
 * stride].
 */
final class ResidualBlock extends AbstractBlock {

    /** The ratio of a bottleneck's output channels to its width. */
    static final int EXPANSION = 4;

    private final List<Block> branch = new ArrayList<>();
    private final Block joint;
    private final List<Block> shortcut;

    ResidualBlock(
            ResNetVersion version,
            int inputChannels,
            int width,
            int stride,
            boolean bottleneck,
            Normalization normalization) {
        int outputChannels = bottleneck ? width * EXPANSION : width;
        if (bottleneck) {
            boolean strideIn1x1 = version == ResNetVersion.V1_STRIDE_IN_1X1;
            addConv(1, width, 1, strideIn1x1 ? stride : 1, normalization.normActivation(width));
            addConv(2, width, 3, strideIn1x1 ? 1 : stride, normalization.normActivation(width));
            branch.add(addChildBlock("conv3", ConvBlocks.conv(outputChannels, 1, 1, false)));
            joint = addChildBlock("norm3", normalization.normAddActivation(outputChannels));
        } else {
            addConv(1, width, 3, stride, normalization.normActivation(width));
            branch.add(addChildBlock("conv2", ConvBlocks.conv(outputChannels, 3, 1, false)));
            joint = addChildBlock("norm2", normalization.normAddActivation(outputChannels));
        }
        shortcut =
                stride == 1 && inputChannels == outputChannels
                        ? List.of()
                        : List.of(
                                addChildBlock(
                                        "shortcutConv",
                                        ConvBlocks.conv(outputChannels, 1, stride, false)),
                                addChildBlock("shortcutNorm", normalization.norm(outputChannels)));
    }

    private void addConv(int index, int filters, int kernel, int stride, Block normActivation) {
        branch.add(addChildBlock("conv" + index, ConvBlocks.conv(filters, kernel, stride, false)));
        branch.add(addChildBlock("norm" + index, normActivation));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList residual = BlockChain.run(branch, parameters, inputs, training);
        NDList identity = BlockChain.run(shortcut, parameters, inputs, training);
        NDList output =
                joint.forward(
                        parameters,
                        new NDList(residual.singletonOrThrow(), identity.singletonOrThrow()),
                        training);
        residual.close();
        if (identity != inputs) {
            identity.close();
        }
        return output;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        Shape sum = BlockChain.initialize(branch, manager, dataType, inputShapes)[0];
        joint.initialize(manager, dataType, sum, sum);
        BlockChain.initialize(shortcut, manager, dataType, inputShapes);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return BlockChain.outputShapes(branch, inputShapes);
    }
}
