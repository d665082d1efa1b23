package dev.fern.detection.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.BlockChain;
import dev.fern.backbone.resnet.ConvBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of RetinaNet's two heads: 3x3 convolutions with activation, then a 3x3 convolution to the
 * outputs. Applied with the same parameters to every level: input [N, C, H, W], output [N, outputs,
 * H, W].
 */
final class HeadBranch extends AbstractBlock {

    /** Convolutions with their activations in turn, and the output convolution. */
    private final List<Block> blocks = new ArrayList<>();

    HeadBranch(Architecture architecture, int outputs) {
        Optional<Normalization> norm = architecture.headNormalization();
        int channels = architecture.pyramidChannels();
        for (int i = 0; i < architecture.headConvolutions(); i++) {
            blocks.add(addChildBlock("conv" + i, ConvBlocks.conv(channels, 3, 1, norm.isEmpty())));
            blocks.add(
                    norm.isPresent()
                            ? addChildBlock("norm" + i, norm.get().normActivation(channels))
                            : Activation.reluBlock());
        }
        blocks.add(addChildBlock("output", ConvBlocks.conv(outputs, 3, 1, true)));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return BlockChain.run(blocks, parameters, inputs, training);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (Block child : getChildren().values()) {
            child.initialize(manager, dataType, inputShapes);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return blocks.get(blocks.size() - 1).getOutputShapes(inputShapes);
    }
}
