package dev.fern.tools.weights;

import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Tensors by torchvision's names, from whose shapes that of a network is inferred.
 *
 * @param network what they should be, for messages
 * @param tensors the tensors
 */
record NamedLayers(String network, Map<String, Tensor> tensors) {

    private static final int EXPANSION = 4;

    /** {@return whether there is a tensor of this name} */
    boolean has(String name) {
        return tensors.containsKey(name);
    }

    /**
     * {@return a side of a convolution's weights}
     *
     * @param name of the weights
     * @param axis 0 for outputs, 1 for inputs, 2 and 3 for the kernel
     * @throws IllegalArgumentException saying that this is not the network, if the weights are not
     *     there or not of four dimensions
     */
    int side(String name, int axis) {
        Tensor tensor = tensors.get(name);
        if (tensor == null || tensor.shape().length != 4) {
            throw new IllegalArgumentException(
                    "not a "
                            + network
                            + ": it lacks the convolution "
                            + name
                            + " (it holds "
                            + tensors.size()
                            + " tensors"
                            + (tensors.isEmpty()
                                    ? ")"
                                    : ", the first " + new TreeMap<>(tensors).firstKey() + ")"));
        }
        return Math.toIntExact(tensor.shape()[axis]);
    }

    /** {@return how many numbered layers there are, from 0 up} */
    int count(String before, String after) {
        int count = 0;
        while (has(before + count + after)) {
            count++;
        }
        return count;
    }

    /**
     * Infers a ResNet.
     *
     * @param prefix stands before its names, such as {@code backbone.body.}
     * @param version of its bottlenecks, which weights don't show
     * @param norm of its blocks
     * @return its shape
     * @throws IllegalArgumentException if it is none, or a variant that Fern does not have
     */
    ResNetConfiguration resNet(String prefix, ResNetVersion version, Normalization norm) {
        refuseVariants(prefix);
        boolean bottleneck = has(prefix + "layer1.0.conv3.weight");
        List<Integer> blocks = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        for (int stage = 1; stage <= 4; stage++) {
            String layer = prefix + "layer" + stage + ".";
            int width = side(layer + "0.conv1.weight", 0);
            blocks.add(count(layer, ".conv1.weight"));
            widths.add(width);
            if (side(layer + "0.conv2.weight", 1) != width) {
                throw refused("grouped convolutions, as a ResNeXt's");
            }
            if (bottleneck && side(layer + "0.conv3.weight", 0) != EXPANSION * width) {
                throw refused("bottlenecks of another width, as a Wide ResNet's");
            }
        }
        return new ResNetConfiguration(
                bottleneck ? version : ResNetVersion.V1,
                bottleneck,
                blocks,
                widths,
                side(prefix + "conv1.weight", 0),
                Stem.IMAGENET,
                norm);
    }

    private void refuseVariants(String prefix) {
        if (has(prefix + "conv1.0.weight")) {
            throw refused("a stem of several convolutions, as a ResNet-D's");
        }
        if (has(prefix + "conv1.weight")
                && (side(prefix + "conv1.weight", 1) != 3
                        || side(prefix + "conv1.weight", 2) != 7)) {
            throw refused("a stem that is not one 7x7 convolution of three channels");
        }
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            String name = entry.getKey();
            if (!name.startsWith(prefix + "layer")) {
                continue;
            }
            if (name.endsWith("downsample.1.weight") && entry.getValue().shape().length == 4) {
                throw refused("average pooling in its shortcuts, as a ResNet-D's");
            }
            if (name.contains(".se.")) {
                throw refused("squeeze-and-excitation, as an SE-ResNet's");
            }
            if (name.contains("conv2_offset")) {
                throw refused("deformable convolutions");
            }
        }
    }

    private IllegalArgumentException refused(String feature) {
        return new IllegalArgumentException(
                "its ResNet has " + feature + "; Fern has no such network");
    }

    /** {@return the published name of a ResNet, or its blocks if it has none} */
    static String title(ResNetConfiguration resNet) {
        return Stream.of(ResNetDepth.values())
                .filter(depth -> depth.version() == ResNetVersion.V1)
                .filter(depth -> depth.bottleneck() == resNet.bottleneck())
                .filter(depth -> depth.blocks().equals(resNet.blocks()))
                .map(ResNetDepth::id)
                .findFirst()
                .orElse("a ResNet of blocks " + resNet.blocks());
    }
}
