package dev.fern.backbone.fpn;

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
import java.util.List;
import java.util.Optional;

/**
 * The feature pyramid of RetinaNet (Lin et al., CVPR 2017 and ICCV 2017). Its inputs are C3 to C5,
 * its outputs P3 to P7, each [N, channels, H / s, W / s] for s = 8, 16, 32, 64, 128, rounded up. H
 * and W of the image must be multiples of 32, so that P3 and P4 have exactly twice the sides of the
 * level above.
 *
 * <p>With a normaliser, each lateral and output convolution of C3 to C5 is followed by a norm in
 * place of its bias and by no activation, as torchvision's and detectron2's pyramids have it; P6
 * and P7 have none.
 */
public final class FeaturePyramid extends AbstractBlock {

    /** The map from which the strided convolution makes P6. */
    public enum P6Source {
        /** The backbone's last map, as in the RetinaNet paper and torchvision's v2. */
        C5,
        /** The pyramid's own P5, as in torchvision's v1. */
        P5
    }

    private final P6Source p6Source;
    private final List<List<Block>> lateral = new ArrayList<>();
    private final List<List<Block>> output = new ArrayList<>();
    private final Block p6;
    private final Block p7;

    /**
     * Makes a pyramid without norms; its parameters are initialised later.
     *
     * @param inputs how many backbone maps come in; 3 for C3 to C5
     * @param channels channels of every output; 256 in the paper
     * @param p6Source the map from which P6 is made
     */
    public FeaturePyramid(int inputs, int channels, P6Source p6Source) {
        this(inputs, channels, p6Source, Optional.empty());
    }

    /**
     * Makes a pyramid with or without norms; its parameters are initialised later.
     *
     * @param inputs how many backbone maps come in; 3 for C3 to C5
     * @param channels channels of every output; 256 in the paper
     * @param p6Source the map from which P6 is made
     * @param normalization the norm that follows each lateral and output convolution; empty for
     *     none
     */
    public FeaturePyramid(
            int inputs, int channels, P6Source p6Source, Optional<Normalization> normalization) {
        this.p6Source = p6Source;
        for (int i = 0; i < inputs; i++) {
            lateral.add(convolution("lateral", i, channels, 1, normalization));
        }
        for (int i = 0; i < inputs; i++) {
            output.add(convolution("output", i, channels, 3, normalization));
        }
        p6 = addChildBlock("p6", ConvBlocks.conv(channels, 3, 2, true));
        p7 = addChildBlock("p7", ConvBlocks.conv(channels, 3, 2, true));
    }

    private List<Block> convolution(
            String name,
            int index,
            int channels,
            int kernel,
            Optional<Normalization> normalization) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(
                addChildBlock(
                        name + index,
                        ConvBlocks.conv(channels, kernel, 1, normalization.isEmpty())));
        normalization.ifPresent(
                norm -> blocks.add(addChildBlock(name + "Norm" + index, norm.norm(channels))));
        return blocks;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        if (inputs.size() != lateral.size()) {
            throw new IllegalArgumentException(
                    "the pyramid takes " + lateral.size() + " maps, not " + inputs.size());
        }
        NDArray[] pyramid = new NDArray[inputs.size()];
        NDArray top = null;
        for (int i = inputs.size() - 1; i >= 0; i--) {
            NDArray side = run(lateral.get(i), inputs.get(i), parameters, training);
            top = top == null ? side : TopDownAddition.apply(side, top);
            pyramid[i] = run(output.get(i), top, parameters, training);
        }
        NDList outputs = new NDList(pyramid);
        NDArray source =
                switch (p6Source) {
                    case C5 -> inputs.get(inputs.size() - 1);
                    case P5 -> pyramid[pyramid.length - 1];
                };
        NDArray sixth = run(p6, source, parameters, training);
        outputs.add(sixth);
        outputs.add(run(p7, Relu.apply(sixth), parameters, training));
        return outputs;
    }

    private static NDArray run(
            List<Block> blocks, NDArray input, ParameterStore parameters, boolean training) {
        NDArray x = input;
        for (Block block : blocks) {
            x = run(block, x, parameters, training);
        }
        return x;
    }

    private static NDArray run(
            Block block, NDArray input, ParameterStore parameters, boolean training) {
        return block.forward(parameters, new NDList(input), training).singletonOrThrow();
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        Shape[] last = null;
        for (int i = 0; i < inputShapes.length; i++) {
            last = BlockChain.initialize(lateral.get(i), manager, dataType, inputShapes[i]);
            BlockChain.initialize(output.get(i), manager, dataType, last);
        }
        Shape[] source =
                p6Source == P6Source.C5 ? new Shape[] {inputShapes[inputShapes.length - 1]} : last;
        BlockChain.initialize(List.of(p6, p7), manager, dataType, source);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape[] outputs = new Shape[inputShapes.length + 2];
        for (int i = 0; i < inputShapes.length; i++) {
            outputs[i] = lateral.get(i).get(0).getOutputShapes(new Shape[] {inputShapes[i]})[0];
        }
        int n = inputShapes.length;
        outputs[n] = p6.getOutputShapes(new Shape[] {outputs[n - 1]})[0];
        outputs[n + 1] = p7.getOutputShapes(new Shape[] {outputs[n]})[0];
        return outputs;
    }
}
