package dev.fern.tools.torch;

import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.GroupNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.HeadConfiguration;
import dev.fern.detection.model.PyramidConfiguration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A torchvision RetinaNet ({@code retinanet_resnet50_fpn}, {@code _v2}, and the same on other
 * ResNets) as a network of Fern's. The architecture is inferred from the names and shapes of a
 * state dictionary, and the parameters are renamed. The names may be those that torchvision writes
 * now or those of its files of 2021.
 *
 * @param architecture the network
 * @param categories K, including the background, which torchvision counts as class 0
 * @param parameters the values of the network by Fern's names
 */
public record TorchvisionRetinaNet(
        Architecture architecture, int categories, Map<String, Tensor> parameters) {

    /** A rule that renames what its pattern matches. */
    private record Renaming(Pattern pattern, String replacement) {}

    /**
     * The older files count activations as layers of a head, so that convolutions are 0, 2, 4, 6.
     */
    private static final Pattern OLD_HEAD_CONVOLUTION =
            Pattern.compile("(head\\..*_head\\.conv)\\.(\\d+)\\.(weight|bias)");

    private static final Pattern OLD_PYRAMID =
            Pattern.compile("(backbone\\.fpn\\.(?:inner|layer)_blocks\\.\\d+)\\.(weight|bias)");

    private static final List<Renaming> RENAMINGS =
            List.of(
                    new Renaming(Pattern.compile("^backbone\\.body\\."), "backbone."),
                    new Renaming(Pattern.compile("\\.downsample\\.0\\."), ".shortcutConv."),
                    new Renaming(Pattern.compile("\\.downsample\\.1\\."), ".shortcutNorm."),
                    new Renaming(Pattern.compile("\\.bn(\\d)\\."), ".norm$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.inner_blocks\\.(\\d+)\\.0\\."),
                            "pyramid.lateral$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.layer_blocks\\.(\\d+)\\.0\\."),
                            "pyramid.output$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.extra_blocks\\.(p6|p7)\\."),
                            "pyramid.$1."),
                    new Renaming(
                            Pattern.compile("^head\\.(classification|regression)_head\\."), "$1."),
                    new Renaming(Pattern.compile("\\.conv\\.(\\d+)\\.0\\."), ".conv$1."),
                    new Renaming(Pattern.compile("\\.conv\\.(\\d+)\\.1\\."), ".norm$1."),
                    new Renaming(Pattern.compile("\\.(cls_logits|bbox_reg)\\."), ".output."));

    /**
     * Understands a state dictionary.
     *
     * @param state tensors by torchvision's names
     * @param frozenEpsilon epsilon of the frozen batch norms, 0 or 1e-5, which the file does not
     *     hold; null for torchvision's own choice: 0 for a v1 of COCO's 91 classes, else 1e-5
     * @return the network
     * @throws IllegalArgumentException saying what is missing if this is not a RetinaNet on a
     *     ResNet
     */
    public static TorchvisionRetinaNet of(Map<String, TorchTensor> state, Double frozenEpsilon) {
        Map<String, TorchTensor> current = new LinkedHashMap<>();
        state.forEach((name, tensor) -> current.put(currentName(name), tensor));
        Architecture architecture = infer(current, frozenEpsilon);
        int perLocation = architecture.anchors().perLocation();
        long outputs = side(current, "head.classification_head.cls_logits.weight", 0);
        if (outputs % perLocation != 0
                || side(current, "head.regression_head.bbox_reg.weight", 0) != 4L * perLocation) {
            throw new IllegalArgumentException(
                    "its heads are not made for RetinaNet's " + perLocation + " anchors per place");
        }
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        current.forEach(
                (name, tensor) -> {
                    if (!name.endsWith("num_batches_tracked")) {
                        parameters.put(fernName(name), new Tensor(tensor.shape(), tensor.data()));
                    }
                });
        return new TorchvisionRetinaNet(
                architecture, Math.toIntExact(outputs / perLocation), parameters);
    }

    private static String currentName(String name) {
        Matcher head = OLD_HEAD_CONVOLUTION.matcher(name);
        if (head.matches()) {
            int index = Integer.parseInt(head.group(2)) / 2;
            return head.group(1) + "." + index + ".0." + head.group(3);
        }
        Matcher pyramid = OLD_PYRAMID.matcher(name);
        return pyramid.matches() ? pyramid.group(1) + ".0." + pyramid.group(2) : name;
    }

    static String fernName(String name) {
        String renamed = name;
        for (Renaming renaming : RENAMINGS) {
            renamed = renaming.pattern().matcher(renamed).replaceAll(renaming.replacement());
        }
        boolean ofNorm = renamed.matches(".*(\\.norm\\d|\\.shortcutNorm)\\.[a-z_]+");
        if (!ofNorm) {
            return renamed;
        }
        // The block that joins norm and activation holds the norm as a child.
        String at = renamed.contains(".shortcutNorm.") ? "" : "norm.";
        int dot = renamed.lastIndexOf('.') + 1;
        String own =
                switch (renamed.substring(dot)) {
                    case "weight" -> "gamma";
                    case "bias" -> "beta";
                    case "running_mean" -> "runningMean";
                    case "running_var" -> "runningVar";
                    default -> renamed.substring(dot);
                };
        return renamed.substring(0, dot) + at + own;
    }

    private static Architecture infer(Map<String, TorchTensor> state, Double frozenEpsilon) {
        boolean bottleneck = state.containsKey("backbone.body.layer1.0.conv3.weight");
        List<Integer> blocks = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        for (int stage = 1; stage <= 4; stage++) {
            int count = 0;
            while (state.containsKey(
                    "backbone.body.layer" + stage + "." + count + ".conv1.weight")) {
                count++;
            }
            blocks.add(count);
            widths.add(side(state, "backbone.body.layer" + stage + ".0.conv1.weight", 0));
        }
        int pyramidChannels = side(state, "backbone.fpn.layer_blocks.0.0.weight", 0);
        int convolutions = 0;
        while (state.containsKey("head.classification_head.conv." + convolutions + ".0.weight")) {
            convolutions++;
        }
        boolean headNorm = state.containsKey("head.classification_head.conv.0.1.weight");
        AnchorParameters anchors = AnchorParameters.retinaNet();
        int outputs = side(state, "head.classification_head.cls_logits.weight", 0);
        boolean publishedV1 = !headNorm && outputs == CocoNames.CLASSES * anchors.perLocation();
        boolean zero = frozenEpsilon == null ? publishedV1 : frozenEpsilon == 0;
        return new Architecture(
                new ResNetConfiguration(
                        ResNetVersion.V1,
                        bottleneck,
                        blocks,
                        widths,
                        side(state, "backbone.body.conv1.weight", 0),
                        Stem.IMAGENET,
                        new FrozenBatchNormalization(
                                zero ? 0 : FrozenBatchNormalization.DEFAULT_EPSILON)),
                new PyramidConfiguration(
                        pyramidChannels,
                        side(state, "backbone.fpn.extra_blocks.p6.weight", 1) == pyramidChannels
                                ? P6Source.P5
                                : P6Source.C5,
                        Optional.empty()),
                new HeadConfiguration(
                        convolutions,
                        headNorm
                                ? Optional.of(
                                        new GroupNormalization(GroupNormalization.DEFAULT_GROUPS))
                                : Optional.empty()),
                anchors);
    }

    private static int side(Map<String, TorchTensor> state, String name, int axis) {
        TorchTensor tensor = state.get(name);
        if (tensor == null || tensor.shape().length != 4) {
            throw new IllegalArgumentException(
                    "not a torchvision RetinaNet on a ResNet: it lacks the convolution "
                            + name
                            + " (it holds "
                            + state.size()
                            + " tensors"
                            + (state.isEmpty()
                                    ? ")"
                                    : ", the first " + new TreeMap<>(state).firstKey() + ")"));
        }
        return Math.toIntExact(tensor.shape()[axis]);
    }
}
