package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.Backbone;
import dev.fern.backbone.BlockChain;
import dev.fern.backbone.ConvBlocks;
import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.norm.Normalization;
import java.util.ArrayList;
import java.util.List;

/**
 * The convolutional part of a ResNet, with the stride on the 3x3 convolution as torchvision has it,
 * or on the first 1x1, see {@link ResNetVersion}. Input [N, 3, H, W]; outputs C2 to C5: [N, C_i, H
 * / s, W / s], rounded up, for s = 4, 8, 16, 32, or for s = 1, 2, 4, 8 with the stem {@link
 * Stem#CIFAR}.
 *
 * <p>Version 1 (He et al., CVPR 2016) activates every sum. In version 2 (ECCV 2016) a sum is left
 * as it is, and grows from block to block. The paper's appendix activates right after the first
 * convolution and after the last sum. Here that is done for every stage: the norm and activation of
 * a stage's last sum are its output, for the pyramid or a classifier as well as for both paths of
 * the next stage's first block. So the outputs are activated maps in either version, the function
 * is that of the paper, and no output needs a norm that the network did not have.
 */
public final class ResNet extends AbstractBlock implements Backbone {

    private final ResNetConfiguration configuration;
    private final Block conv1;
    private final Block norm1;
    private final List<List<Block>> stages = new ArrayList<>();
    private int frozenStages;

    /**
     * Builds the network; its parameters are initialised later.
     *
     * @param configuration version, depth, widths, stem and norm of the network
     */
    public ResNet(ResNetConfiguration configuration) {
        this.configuration = configuration;
        Normalization normalization = configuration.norm();
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
                stage.add(addChildBlock("layer" + (s + 1) + "." + b, block(channels, s, b)));
                channels = configuration.outputChannels(s);
            }
            if (configuration.version() == ResNetVersion.V2) {
                stage.add(addChildBlock("norm" + (s + 2), normalization.normActivation(channels)));
            }
            stages.add(stage);
        }
    }

    private Block block(int channels, int stage, int index) {
        int width = configuration.widths().get(stage);
        int stride = stage > 0 && index == 0 ? 2 : 1;
        boolean bottleneck = configuration.bottleneck();
        Normalization normalization = configuration.norm();
        return switch (configuration.version()) {
            case V1, V1_STRIDE_IN_1X1 ->
                    new ResidualBlock(
                            configuration.version(),
                            channels,
                            width,
                            stride,
                            bottleneck,
                            normalization);
            case V2 ->
                    new PreActivationBlock(
                            channels, width, stride, bottleneck, index == 0, normalization);
        };
    }

    @Override
    public List<FeatureMap> maps() {
        return configuration.maps();
    }

    @Override
    public int stages() {
        return configuration.stages();
    }

    /**
     * {@inheritDoc}
     *
     * @param count 0 for none, 1 for the stem, 2 for the stem and layer1, and so on to {@link
     *     #stages()}; torchvision's {@code trainable_backbone_layers} is {@link #stages()} - count
     */
    @Override
    public void freeze(int count) {
        frozenStages = count;
        if (count > 0) {
            conv1.freezeParameters(true);
            norm1.freezeParameters(true);
        }
        for (int s = 0; s < stages.size(); s++) {
            if (isFrozen(s)) {
                stages.get(s).forEach(block -> block.freezeParameters(true));
            }
        }
    }

    /** {@return whether layer s + 1 is frozen} The stem comes before all layers. */
    private boolean isFrozen(int s) {
        return s + 1 < frozenStages;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        boolean stemTrains = training && frozenStages == 0;
        NDList stem = BlockChain.run(List.of(conv1, norm1), parameters, inputs, stemTrains);
        if (configuration.stem().pooled()) {
            NDList pooled = new NDList(MaxPooling.apply(stem.singletonOrThrow()));
            stem.close();
            stem = pooled;
        }
        NDList outputs = new NDList(4);
        NDList x = stem;
        for (int s = 0; s < stages.size(); s++) {
            x = BlockChain.run(stages.get(s), parameters, x, training && !isFrozen(s));
            outputs.add(x.singletonOrThrow());
        }
        stem.close();
        return outputs;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        Shape[] shape =
                pooled(
                        BlockChain.initialize(
                                List.of(conv1, norm1), manager, dataType, inputShapes));
        for (List<Block> stage : stages) {
            shape = BlockChain.initialize(stage, manager, dataType, shape);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape[] outputs = new Shape[4];
        Shape[] shape = pooled(conv1.getOutputShapes(inputShapes));
        for (int s = 0; s < 4; s++) {
            shape = BlockChain.outputShapes(stages.get(s), shape);
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
