package dev.fern.tools.weights;

import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.GroupNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.HeadConfiguration;
import dev.fern.detection.model.PyramidConfiguration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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

    static final String LOGITS = "head.classification_head.cls_logits.";
    static final String CODES = "head.regression_head.bbox_reg.";

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
    public static TorchvisionRetinaNet of(Map<String, Tensor> state, Double frozenEpsilon) {
        Map<String, Tensor> current = new LinkedHashMap<>();
        state.forEach((name, tensor) -> current.put(TorchvisionNames.current(name), tensor));
        NamedLayers layers = new NamedLayers("torchvision RetinaNet on a ResNet", current);
        boolean publishedV1 =
                !hasHeadNorm(layers)
                        && layers.has(LOGITS + "weight")
                        && layers.side(LOGITS + "weight", 0)
                                == CocoNames.CLASSES * AnchorParameters.retinaNet().perLocation();
        boolean zero = frozenEpsilon == null ? publishedV1 : frozenEpsilon == 0;
        return of(
                layers,
                ResNetVersion.V1,
                zero ? 0 : FrozenBatchNormalization.DEFAULT_EPSILON,
                Rounding.TORCHVISION);
    }

    /**
     * Understands a network whose names were brought to torchvision's.
     *
     * @param layers the tensors
     * @param version of its bottlenecks
     * @param epsilon of its frozen batch norms, 0 or 1e-5
     * @param rounding of its anchors, which are otherwise the paper's
     * @return the network
     * @throws IllegalArgumentException saying what is missing or unknown
     */
    static TorchvisionRetinaNet of(
            NamedLayers layers, ResNetVersion version, double epsilon, Rounding rounding) {
        AnchorParameters paper = AnchorParameters.retinaNet();
        Architecture architecture =
                new Architecture(
                        layers.resNet(
                                TorchvisionNames.BODY,
                                version,
                                new FrozenBatchNormalization(epsilon)),
                        pyramid(layers),
                        head(layers),
                        new AnchorParameters(
                                paper.sizes(), paper.scales(), paper.aspectRatios(), rounding));
        int perLocation = paper.perLocation();
        int outputs = layers.side(LOGITS + "weight", 0);
        if (outputs % perLocation != 0 || layers.side(CODES + "weight", 0) != 4 * perLocation) {
            throw new IllegalArgumentException(
                    "its heads are not made for RetinaNet's " + perLocation + " anchors per place");
        }
        return new TorchvisionRetinaNet(
                architecture, outputs / perLocation, TorchvisionNames.fern(layers.tensors()));
    }

    /** {@return the published name of the backbone, or its blocks if it has none} */
    String title() {
        return NamedLayers.title((ResNetConfiguration) architecture.backbone());
    }

    private static PyramidConfiguration pyramid(NamedLayers layers) {
        int channels = layers.side("backbone.fpn.layer_blocks.0.0.weight", 0);
        boolean ofPyramid = layers.side("backbone.fpn.extra_blocks.p6.weight", 1) == channels;
        return new PyramidConfiguration(
                channels, ofPyramid ? P6Source.P5 : P6Source.C5, Optional.empty());
    }

    private static HeadConfiguration head(NamedLayers layers) {
        return new HeadConfiguration(
                layers.count("head.classification_head.conv.", ".0.weight"),
                hasHeadNorm(layers)
                        ? Optional.of(new GroupNormalization(GroupNormalization.DEFAULT_GROUPS))
                        : Optional.empty());
    }

    private static boolean hasHeadNorm(NamedLayers layers) {
        return layers.has("head.classification_head.conv.0.1.weight");
    }
}
