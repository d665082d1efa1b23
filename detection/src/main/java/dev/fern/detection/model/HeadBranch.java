package dev.fern.detection.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.BlockChain;
import dev.fern.backbone.ConvBlocks;
import dev.fern.backbone.norm.Normalization;
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

    /** Each convolution, followed by its norm or its ReLU. */
    private final List<Block> inner = new ArrayList<>();

    private final OutputConvolution output;

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
            inner.add(addChildBlock("conv" + i, ConvBlocks.conv(channels, 3, 1, norm.isEmpty())));
            inner.add(
                    norm.isPresent()
                            ? addChildBlock("norm" + i, norm.get().normActivation(channels))
                            : Activation.reluBlock());
        }
        output = addChildBlock("output", new OutputConvolution(outputs));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList maps = new NDList(inputs.size());
        for (NDArray input : inputs) {
            maps.addAll(BlockChain.run(inner, parameters, new NDList(input), training));
        }
        NDList outputs = output.forward(parameters, maps, training);
        if (!inner.isEmpty()) {
            maps.close();
        }
        return outputs;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (Block child : getChildren().values()) {
            child.initialize(manager, dataType, inputShapes[0]);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return Arrays.stream(inputShapes)
                .map(shape -> output.getOutputShapes(new Shape[] {shape})[0])
                .toArray(Shape[]::new);
    }
}
