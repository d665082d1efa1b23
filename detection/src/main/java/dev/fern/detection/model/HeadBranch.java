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
import dev.fern.backbone.norm.Normalization;
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

    private final List<Block> convolutions = new ArrayList<>();

    /** The norm-and-activation after each convolution; empty for ReLU alone. */
    private final List<Block> activations = new ArrayList<>();

    private final Block output;

    HeadBranch(Architecture architecture, int outputs) {
        Optional<Normalization> norm = architecture.headNormalization();
        int channels = architecture.pyramidChannels();
        for (int i = 0; i < architecture.headConvolutions(); i++) {
            convolutions.add(
                    addChildBlock("conv" + i, ConvBlocks.conv(channels, 3, 1, norm.isEmpty())));
            if (norm.isPresent()) {
                activations.add(addChildBlock("norm" + i, norm.get().normActivation(channels)));
            }
        }
        output = addChildBlock("output", ConvBlocks.conv(outputs, 3, 1, true));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList x = inputs;
        for (int i = 0; i < convolutions.size(); i++) {
            x = convolutions.get(i).forward(parameters, x, training);
            if (activations.isEmpty()) {
                NDArray y = x.singletonOrThrow();
                x = new NDList(y.getNDArrayInternal().relu());
            } else {
                x = activations.get(i).forward(parameters, x, training);
            }
        }
        return output.forward(parameters, x, training);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (Block block : convolutions) {
            block.initialize(manager, dataType, inputShapes);
        }
        for (Block block : activations) {
            block.initialize(manager, dataType, inputShapes);
        }
        output.initialize(manager, dataType, inputShapes);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return output.getOutputShapes(inputShapes);
    }
}
