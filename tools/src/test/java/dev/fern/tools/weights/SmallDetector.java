package dev.fern.tools.weights;

import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.HeadConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.PyramidConfiguration;
import dev.fern.tools.console.Engines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A RetinaNet of a few channels with random parameters, and its file as other programs write it.
 */
final class SmallDetector {

    static final int CLASSES = 3;

    private static final int ANCHORS = 9;

    private SmallDetector() {}

    static Architecture architecture(ResNetVersion version, Rounding rounding) {
        AnchorParameters paper = AnchorParameters.retinaNet();
        return new Architecture(
                new ResNetConfiguration(
                        version,
                        true,
                        List.of(2, 1, 1, 1),
                        List.of(2, 2, 3, 4),
                        3,
                        Stem.IMAGENET,
                        new FrozenBatchNormalization(1e-5)),
                new PyramidConfiguration(5, P6Source.C5, Optional.empty()),
                new HeadConfiguration(4, Optional.empty()),
                new AnchorParameters(
                        paper.sizes(), paper.scales(), paper.aspectRatios(), rounding));
    }

    /** Returns random parameters of the network by Fern's names. */
    static Map<String, Tensor> parameters() {
        DetectorConfiguration configuration =
                new DetectorConfiguration(
                        DetectorConfiguration.VERSION,
                        architecture(ResNetVersion.V1, Rounding.NONE),
                        IntStream.range(0, CLASSES)
                                .mapToObj(k -> new CocoCategory(k, "class " + k, ""))
                                .toList(),
                        new CanvasRule(64, 64),
                        PixelNormalization.IMAGENET,
                        PostProcessing.DEFAULT);
        Random random = new Random(1);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        try (Detector detector = Detector.create(configuration, Engines.DEFAULT, 1)) {
            detector.copyParameters()
                    .forEach(
                            (name, tensor) -> {
                                float[] data = new float[tensor.data().length];
                                for (int i = 0; i < data.length; i++) {
                                    data[i] = 0.5f + random.nextFloat();
                                }
                                parameters.put(name, new Tensor(tensor.shape(), data));
                            });
        }
        return parameters;
    }

    /** Returns torchvision's name of a parameter of Fern's. */
    static String torchvisionName(String name) {
        String renamed =
                name.replaceFirst("^backbone\\.", "backbone.body.")
                        .replace(".shortcutConv.", ".downsample.0.")
                        .replace(".shortcutNorm.", ".downsample.1.")
                        .replaceFirst("\\.norm(\\d)\\.norm\\.", ".bn$1.")
                        .replaceFirst("^pyramid\\.lateral(\\d)", "backbone.fpn.inner_blocks.$1.0")
                        .replaceFirst("^pyramid\\.output(\\d)", "backbone.fpn.layer_blocks.$1.0")
                        .replaceFirst("^pyramid\\.", "backbone.fpn.extra_blocks.")
                        .replaceFirst(
                                "^(classification|regression)\\.conv(\\d)",
                                "head.$1_head.conv.$2.0")
                        .replaceFirst(
                                "^classification\\.output", "head.classification_head.cls_logits")
                        .replaceFirst("^regression\\.output", "head.regression_head.bbox_reg");
        return renamed.replaceFirst("\\.gamma$", ".weight")
                .replaceFirst("\\.beta$", ".bias")
                .replaceFirst("\\.runningMean$", ".running_mean")
                .replaceFirst("\\.runningVar$", ".running_var");
    }

    /** Returns detectron2's name of a parameter of torchvision's. */
    static String detectron2Name(String torchvision) {
        String name = torchvision;
        if (name.startsWith("backbone.body.layer")) {
            int stage = name.charAt("backbone.body.layer".length()) - '0';
            name =
                    "backbone.bottom_up.res"
                            + (stage + 1)
                            + name.substring("backbone.body.layer1".length());
        } else if (name.startsWith("backbone.body.")) {
            name = "backbone.bottom_up.stem." + name.substring("backbone.body.".length());
        }
        for (int level = 0; level < 3; level++) {
            name =
                    name.replace(
                                    "backbone.fpn.inner_blocks." + level + ".0",
                                    "backbone.fpn_lateral" + (level + 3))
                            .replace(
                                    "backbone.fpn.layer_blocks." + level + ".0",
                                    "backbone.fpn_output" + (level + 3));
        }
        for (int i = 0; i < 4; i++) {
            name =
                    name.replace("classification_head.conv." + i + ".0", "cls_subnet." + 2 * i)
                            .replace("regression_head.conv." + i + ".0", "bbox_subnet." + 2 * i);
        }
        return name.replaceFirst("\\.bn(\\d)\\.", ".conv$1.norm.")
                .replace(".downsample.0.", ".shortcut.")
                .replace(".downsample.1.", ".shortcut.norm.")
                .replace("backbone.fpn.extra_blocks.", "backbone.top_block.")
                .replace("classification_head.cls_logits", "cls_score")
                .replace("regression_head.bbox_reg", "bbox_pred");
    }

    /** Returns the name of a parameter of torchvision's in yhenon/pytorch-retinanet. */
    static String yhenonName(String torchvision) {
        String name = torchvision.replaceFirst("^backbone\\.body\\.", "");
        for (int level = 0; level < 3; level++) {
            name =
                    name.replace(
                                    "backbone.fpn.inner_blocks." + level + ".0",
                                    "fpn.P" + (level + 3) + "_1")
                            .replace(
                                    "backbone.fpn.layer_blocks." + level + ".0",
                                    "fpn.P" + (level + 3) + "_2");
        }
        for (int i = 0; i < 4; i++) {
            name =
                    name.replace(
                                    "head.classification_head.conv." + i + ".0",
                                    "classificationModel.conv" + (i + 1))
                            .replace(
                                    "head.regression_head.conv." + i + ".0",
                                    "regressionModel.conv" + (i + 1));
        }
        return name.replace("backbone.fpn.extra_blocks.p6", "fpn.P6")
                .replace("backbone.fpn.extra_blocks.p7", "fpn.P7_2")
                .replace("head.classification_head.cls_logits", "classificationModel.output")
                .replace("head.regression_head.bbox_reg", "regressionModel.output");
    }

    /**
     * Moves the outputs of heads from Fern's order of anchors to detectron2's, anchor by anchor.
     */
    static Tensor bySize(Tensor outputs) {
        int length = outputs.data().length / ANCHORS;
        float[] data = new float[outputs.data().length];
        // Fern: ratio 0.5 with three sizes, then 1, then 2. detectron2: the first size in all
        // ratios.
        int[] fernPlaces = {0, 3, 6, 1, 4, 7, 2, 5, 8};
        for (int place = 0; place < ANCHORS; place++) {
            System.arraycopy(
                    outputs.data(), fernPlaces[place] * length, data, place * length, length);
        }
        return new Tensor(outputs.shape(), data);
    }

    /** Writes a safetensors file. */
    static Path save(Path file, Map<String, Tensor> tensors) throws IOException {
        SafeTensors.write(file, tensors, Map.of("format", "pt"));
        return file;
    }
}
