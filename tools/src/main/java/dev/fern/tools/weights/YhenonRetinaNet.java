package dev.fern.tools.weights;

import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A RetinaNet of the repository yhenon/pytorch-retinanet as a network of Fern's. Its anchors stand
 * in the middle of their cells, and its codes of boxes are divided by 0.1, 0.1, 0.2 and 0.2. That
 * goes into the weights of their convolution.
 */
final class YhenonRetinaNet {

    private static final String TITLE =
            "yhenon/pytorch-retinanet on a ResNet (layers are named as torchvision does)";

    /** The factors on dx, dy, dw, dh. */
    private static final float[] CODE_SCALES = {0.1f, 0.1f, 0.2f, 0.2f};

    private static final Pattern RESNET = Pattern.compile("(conv1|bn1|layer\\d)\\..+");
    private static final Pattern PYRAMID = Pattern.compile("fpn\\.P([345])_([12])\\.(\\w+)");
    private static final Pattern TOP = Pattern.compile("fpn\\.P(6|7_2)\\.(\\w+)");

    private static final Pattern HEAD =
            Pattern.compile("(classification|regression)Model\\.(conv([1-9])|output)\\.(\\w+)");

    private YhenonRetinaNet() {}

    /**
     * Understands a state dictionary.
     *
     * @param state tensors by the repository's names
     * @return the network; its categories do not include a background
     * @throws IllegalArgumentException if it lacks something, or has something that Fern does not
     */
    static TorchvisionRetinaNet of(Map<String, Tensor> state) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        state.forEach((name, tensor) -> renamed.put(torchvisionName(name), tensor));
        for (String own : new String[] {"weight", "bias"}) {
            renamed.computeIfPresent(
                    TorchvisionRetinaNet.CODES + own, (name, tensor) -> scaled(tensor));
        }
        return TorchvisionRetinaNet.of(
                new NamedLayers(TITLE, renamed),
                ResNetVersion.V1,
                FrozenBatchNormalization.DEFAULT_EPSILON,
                Rounding.NONE_CENTRED);
    }

    private static String torchvisionName(String name) {
        Matcher pyramid = PYRAMID.matcher(name);
        if (pyramid.matches()) {
            String kind = pyramid.group(2).equals("1") ? "inner" : "layer";
            int level = Integer.parseInt(pyramid.group(1)) - 3;
            return "backbone.fpn." + kind + "_blocks." + level + ".0." + pyramid.group(3);
        }
        Matcher top = TOP.matcher(name);
        if (top.matches()) {
            return "backbone.fpn.extra_blocks.p" + top.group(1).charAt(0) + "." + top.group(2);
        }
        Matcher head = HEAD.matcher(name);
        if (head.matches()) {
            boolean logits = head.group(1).equals("classification");
            if (head.group(2).equals("output")) {
                return (logits ? TorchvisionRetinaNet.LOGITS : TorchvisionRetinaNet.CODES)
                        + head.group(4);
            }
            int index = Integer.parseInt(head.group(3)) - 1;
            return "head." + head.group(1) + "_head.conv." + index + ".0." + head.group(4);
        }
        return RESNET.matcher(name).matches() ? TorchvisionNames.BODY + name : name;
    }

    /** Multiplies the outputs of each anchor, four in turn, by the scales of codes. */
    private static Tensor scaled(Tensor outputs) {
        float[] data = outputs.data().clone();
        int filters = outputs.shape().length == 0 ? 1 : (int) outputs.shape()[0];
        for (int i = 0; i < data.length; i++) {
            int filter = i / (data.length / filters);
            data[i] *= CODE_SCALES[filter % CODE_SCALES.length];
        }
        return new Tensor(outputs.shape(), data);
    }
}
