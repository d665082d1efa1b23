package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.norm.Normalization;
import java.util.ArrayList;
import java.util.List;

/**
 * The convolutional part of a ResNet (He et al., CVPR 2016; version 1 with the stride on the 3x3
 * convolution, as torchvision). Input [N, 3, H, W]; outputs C2 to C5: [N, C_i, H / s, W / s] for s
 * = 4, 8, 16, 32, rounded up; with the stem {@link Stem#CIFAR} s = 1, 2, 4, 8.
 */
public final class ResNet extends AbstractBlock {

    private final ResNetConfiguration configuration;
    private final Block conv1;
    private final Block norm1;
    private final List<List<Block>> stages = new ArrayList<>();

    /** Builds the network; its parameters are initialised later. */
    public ResNet(ResNetConfiguration configuration) {
        this.configuration = configuration;
        Normalization normalization = configuration.normalization();
        Stem stem = configuration.stem();
        conv1 =
                addChildBlock(
                        "conv1",
                        ConvBlocks.conv(
                                configuration.stemWidth(), stem.kernel(), stem.stride(), false));
        norm1 = addChildBlock("norm1", normalization.normActivation(configuration.stemWidth()));
        int channels = configuration.stemWidth();
        for (int s = 0; s < 4; s++) {
            List<Block> stage = new ArrayList<>();
            for (int b = 0; b < configuration.blocks().get(s); b++) {
                stage.add(
                        addChildBlock(
                                "layer" + (s + 1) + "." + b,
                                new ResidualBlock(
                                        channels,
                                        configuration.widths().get(s),
                                        s > 0 && b == 0 ? 2 : 1,
                                        configuration.bottleneck(),
                                        normalization)));
                channels = configuration.outputChannels(s);
            }
            stages.add(stage);
        }
    }

    /** Returns what this network was built from. */
    public ResNetConfiguration configuration() {
        return configuration;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList x = conv1.forward(parameters, inputs, training);
        x = norm1.forward(parameters, x, training);
        if (configuration.stem().pooled()) {
            x = new NDList(MaxPooling.apply(x.singletonOrThrow()));
        }
        NDList outputs = new NDList(4);
        for (List<Block> stage : stages) {
            for (Block block : stage) {
                x = block.forward(parameters, x, training);
            }
            outputs.add(x.singletonOrThrow());
        }
        return outputs;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        conv1.initialize(manager, dataType, inputShapes);
        Shape[] shape = conv1.getOutputShapes(inputShapes);
        norm1.initialize(manager, dataType, shape);
        shape = pooled(shape);
        for (List<Block> stage : stages) {
            for (Block block : stage) {
                block.initialize(manager, dataType, shape);
                shape = block.getOutputShapes(shape);
            }
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape[] outputs = new Shape[4];
        Shape[] shape = pooled(conv1.getOutputShapes(inputShapes));
        for (int s = 0; s < 4; s++) {
            for (Block block : stages.get(s)) {
                shape = block.getOutputShapes(shape);
            }
            outputs[s] = shape[0];
        }
        return outputs;
    }

    private Shape[] pooled(Shape[] shape) {
        return configuration.stem().pooled()
                ? new Shape[] {MaxPooling.outputShape(shape[0])}
                : shape;
    }
}
