package dev.fern.tools.weights;

import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.image.PixelNormalization;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A RetinaNet of detectron2 as a network of Fern's. Its state holds neither how pixels come in nor
 * where bottlenecks have their stride; both follow from what the backbone started from, see {@link
 * Base}. Anchors of a place are ordered by size first in detectron2, by aspect ratio first in Fern,
 * so that the heads' outputs change places.
 *
 * @param network the network
 * @param normalization maps pixels to its input, in Fern's order of red, green, blue
 */
record Detectron2RetinaNet(TorchvisionRetinaNet network, PixelNormalization normalization) {

    /** The weights from which detectron2 trained a backbone. */
    enum Base {
        /** Those of MSRA: blue, green, red less their means; the stride in the first 1x1. */
        MSRA,
        /** torchvision's: red, green, blue by mean and deviation; the stride in the 3x3. */
        TORCHVISION
    }

    private static final String TITLE =
            "detectron2 RetinaNet on a ResNet (layers are named as torchvision does)";

    /** The means that MSRA's backbones were trained with, red first, of 255. */
    private static final List<Double> MEAN = List.of(123.675, 116.28, 103.53);

    /** The deviations that torchvision's backbones were trained with, red first, of 255. */
    private static final List<Double> DEVIATION = List.of(58.395, 57.12, 57.375);

    private static final String CELL_ANCHORS = "anchor_generator.cell_anchors.";

    private static final Pattern RESNET =
            Pattern.compile("backbone\\.bottom_up\\.(?:stem|res(\\d)\\.(\\d+))\\.(\\w+)\\.(.+)");

    private static final Pattern PYRAMID =
            Pattern.compile("backbone\\.fpn_(lateral|output)([345])\\.(weight|bias)");

    private static final Pattern TOP =
            Pattern.compile("backbone\\.top_block\\.(p6|p7)\\.(weight|bias)");

    private static final Pattern SUBNET =
            Pattern.compile("head\\.(cls|bbox)_subnet\\.(\\d{1,4})\\.(weight|bias)");

    /**
     * Understands a state dictionary.
     *
     * @param state tensors by detectron2's names
     * @param given what the backbone was trained from; empty to take it from the pixels' deviation
     *     where the state has it, as older files do, else {@link Base#MSRA}, as in the model zoo
     * @return the network
     * @throws IllegalArgumentException if it lacks something, or has something that Fern does not
     */
    static Detectron2RetinaNet of(Map<String, Tensor> state, Optional<Base> given) {
        Tensor deviation = state.get("pixel_std");
        Base base =
                given.orElse(
                        deviation != null && deviation.data()[0] != 1
                                ? Base.TORCHVISION
                                : Base.MSRA);
        requireAnchors(state);
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        state.forEach(
                (name, tensor) -> {
                    if (!name.startsWith("pixel_") && !name.startsWith("anchor_generator.")) {
                        renamed.put(torchvisionName(name, tensor), tensor);
                    }
                });
        addStatistics(renamed);
        for (String output : List.of(TorchvisionRetinaNet.LOGITS, TorchvisionRetinaNet.CODES)) {
            renamed.computeIfPresent(output + "weight", (name, tensor) -> byRatio(tensor));
            renamed.computeIfPresent(output + "bias", (name, tensor) -> byRatio(tensor));
        }
        if (base == Base.MSRA) {
            renamed.computeIfPresent(
                    TorchvisionNames.BODY + "conv1.weight", (name, tensor) -> redFirst(tensor));
        }
        TorchvisionRetinaNet network =
                TorchvisionRetinaNet.of(
                        new NamedLayers(TITLE, renamed),
                        base == Base.MSRA ? ResNetVersion.V1_STRIDE_IN_1X1 : ResNetVersion.V1,
                        FrozenBatchNormalization.DEFAULT_EPSILON,
                        Rounding.NONE);
        return new Detectron2RetinaNet(network, normalization(state, base));
    }

    private static PixelNormalization normalization(Map<String, Tensor> state, Base base) {
        List<Double> mean = channels(state.get("pixel_mean"), base).orElse(MEAN);
        List<Double> deviation =
                channels(state.get("pixel_std"), base)
                        .orElse(base == Base.MSRA ? List.of(1.0, 1.0, 1.0) : DEVIATION);
        return new PixelNormalization(
                mean.stream().map(value -> value / 255).toList(),
                deviation.stream().map(value -> value / 255).toList());
    }

    /** {@return the stored numbers of the three channels, red first} */
    private static Optional<List<Double>> channels(Tensor stored, Base base) {
        if (stored == null || stored.data().length != 3) {
            return Optional.empty();
        }
        float[] data = stored.data();
        return Optional.of(
                base == Base.MSRA
                        ? List.of((double) data[2], (double) data[1], (double) data[0])
                        : List.of((double) data[0], (double) data[1], (double) data[2]));
    }

    private static String torchvisionName(String name, Tensor tensor) {
        Matcher resNet = RESNET.matcher(name);
        if (resNet.matches()) {
            return TorchvisionNames.BODY + resNetName(resNet);
        }
        Matcher pyramid = PYRAMID.matcher(name);
        if (pyramid.matches()) {
            String kind = pyramid.group(1).equals("lateral") ? "inner" : "layer";
            int level = Integer.parseInt(pyramid.group(2)) - 3;
            return "backbone.fpn." + kind + "_blocks." + level + ".0." + pyramid.group(3);
        }
        if (name.startsWith("backbone.fpn_") && name.contains(".norm.")) {
            throw new IllegalArgumentException(
                    "its pyramid has norms (MODEL.FPN.NORM), which are not imported");
        }
        Matcher top = TOP.matcher(name);
        if (top.matches()) {
            return "backbone.fpn.extra_blocks." + top.group(1) + "." + top.group(2);
        }
        Matcher subnet = SUBNET.matcher(name);
        if (subnet.matches()) {
            return headName(subnet, tensor);
        }
        return name.replace("head.cls_score.", TorchvisionRetinaNet.LOGITS)
                .replace("head.bbox_pred.", TorchvisionRetinaNet.CODES);
    }

    private static String resNetName(Matcher name) {
        String layer =
                name.group(1) == null
                        ? ""
                        : "layer"
                                + (Integer.parseInt(name.group(1)) - 1)
                                + "."
                                + name.group(2)
                                + ".";
        String part = name.group(3);
        boolean ofNorm = name.group(4).startsWith("norm.");
        String own = ofNorm ? name.group(4).substring("norm.".length()) : name.group(4);
        if (part.equals("shortcut")) {
            return layer + "downsample." + (ofNorm ? 1 : 0) + "." + own;
        }
        return layer + (ofNorm ? part.replace("conv", "bn") : part) + "." + own;
    }

    /** Names a layer of a head, which counts activations as layers. */
    private static String headName(Matcher name, Tensor tensor) {
        int index = Integer.parseInt(name.group(2));
        boolean norm = name.group(3).equals("weight") && tensor.shape().length != 4;
        if (norm || index % 2 != 0) {
            throw new IllegalArgumentException(
                    "its heads have norms (MODEL.RETINANET.NORM), which are not imported");
        }
        String head = name.group(1).equals("cls") ? "classification" : "regression";
        return "head." + head + "_head.conv." + index / 2 + ".0." + name.group(3);
    }

    /** Adds means of 0 and variances of 1, which early files leave out. */
    private static void addStatistics(Map<String, Tensor> state) {
        Map<String, Tensor> missing = new LinkedHashMap<>();
        state.forEach(
                (name, tensor) -> {
                    if (name.matches(".*\\.(bn\\d|downsample\\.1)\\.weight")) {
                        String norm = name.substring(0, name.lastIndexOf('.') + 1);
                        float[] ones = new float[tensor.data().length];
                        Arrays.fill(ones, 1);
                        missing.put(
                                norm + "running_mean",
                                new Tensor(tensor.shape(), new float[ones.length]));
                        missing.put(norm + "running_var", new Tensor(tensor.shape(), ones));
                    }
                });
        missing.forEach(state::putIfAbsent);
    }

    /** Brings the outputs of a head from the order of sizes, then ratios, to that of ratios. */
    private static Tensor byRatio(Tensor outputs) {
        AnchorParameters anchors = AnchorParameters.retinaNet();
        int perLocation = anchors.perLocation();
        int scales = anchors.scales().size();
        int ratios = anchors.aspectRatios().size();
        if (outputs.data().length % perLocation != 0) {
            return outputs; // refused later, by its shape
        }
        int length = outputs.data().length / perLocation;
        float[] data = new float[outputs.data().length];
        for (int ratio = 0; ratio < ratios; ratio++) {
            for (int scale = 0; scale < scales; scale++) {
                System.arraycopy(
                        outputs.data(),
                        (scale * ratios + ratio) * length,
                        data,
                        (ratio * scales + scale) * length,
                        length);
            }
        }
        return new Tensor(outputs.shape(), data);
    }

    /** Lets a convolution of blue, green and red take red, green and blue. */
    private static Tensor redFirst(Tensor weights) {
        long[] shape = weights.shape();
        if (shape.length != 4 || shape[1] != 3) {
            return weights; // refused later, by its shape
        }
        int plane = (int) (shape[2] * shape[3]);
        float[] data = weights.data().clone();
        for (int filter = 0; filter < data.length; filter += 3 * plane) {
            System.arraycopy(weights.data(), filter, data, filter + 2 * plane, plane);
            System.arraycopy(weights.data(), filter + 2 * plane, data, filter, plane);
        }
        return new Tensor(shape, data);
    }

    /** Compares the anchors that older files hold with those of the paper. */
    private static void requireAnchors(Map<String, Tensor> state) {
        AnchorParameters paper = AnchorParameters.retinaNet();
        for (int level = 0; level < AnchorParameters.LEVELS; level++) {
            Tensor stored = state.get(CELL_ANCHORS + level);
            double size = paper.sizes().get(level);
            AnchorParameters alone =
                    new AnchorParameters(
                            List.of(size, size, size, size, size),
                            paper.scales(),
                            paper.aspectRatios(),
                            Rounding.NONE);
            float[] expected =
                    Arrays.copyOf(
                            new AnchorGenerator(alone).generate(32, 32).boxes(),
                            4 * paper.perLocation());
            if (stored != null && !agree(byRatio(stored).data(), expected)) {
                throw new IllegalArgumentException(
                        "its anchors are not those of the RetinaNet paper, which alone are"
                                + " imported");
            }
        }
    }

    private static boolean agree(float[] stored, float[] expected) {
        boolean agree = stored.length == expected.length;
        for (int i = 0; agree && i < expected.length; i++) {
            agree = Math.abs(stored[i] - expected[i]) < 0.01f;
        }
        return agree;
    }
}
