package dev.fern.onnx;

import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.model.Architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lays the operators of a RetinaNet: ResNet, feature pyramid and heads. */
final class NetworkGraph {

    private final OnnxGraph graph;
    private final GraphParameters parameters;
    private final NormGraph norms;
    private final Architecture architecture;

    /**
     * The heads' outputs, P3 first.
     *
     * @param logits [N, A * K, H_l, W_l] each
     * @param codes [N, A * 4, H_l, W_l] each
     */
    record Outputs(List<String> logits, List<String> codes) {}

    NetworkGraph(OnnxGraph graph, GraphParameters parameters, Architecture architecture) {
        this.graph = graph;
        this.parameters = parameters;
        this.norms = new NormGraph(graph, parameters);
        this.architecture = architecture;
    }

    /**
     * Lays the network.
     *
     * @param images [N, 3, H, W], normalised
     */
    Outputs lay(String images) {
        if (!(architecture.backbone() instanceof ResNetConfiguration resNet)) {
            throw new IllegalArgumentException("no ONNX operators are known for this backbone");
        }
        List<String> features = pyramid(backbone(resNet, images));
        return new Outputs(head("classification", features), head("regression", features));
    }

    /** Returns C3 to C5. */
    private List<String> backbone(ResNetConfiguration resNet, String images) {
        Normalization norm = resNet.norm();
        boolean photographs = resNet.stem() == Stem.IMAGENET;
        String x = convolution("backbone.conv1", images, photographs ? 2 : 1);
        x = norms.normActivation(norm, "backbone.norm1", x, Optional.empty());
        if (photographs) {
            x =
                    graph.node(
                            "MaxPool",
                            a ->
                                    a.numbers("kernel_shape", 3, 3)
                                            .numbers("strides", 2, 2)
                                            .numbers("pads", 1, 1, 1, 1),
                            x);
        }
        List<String> maps = new ArrayList<>();
        for (int s = 0; s < resNet.blocks().size(); s++) {
            for (int b = 0; b < resNet.blocks().get(s); b++) {
                String name = "backbone.layer" + (s + 1) + "." + b;
                int stride = s > 0 && b == 0 ? 2 : 1;
                x =
                        resNet.version() == ResNetVersion.V2
                                ? preActivationBlock(resNet, name, x, stride, b == 0)
                                : residualBlock(resNet, name, x, stride);
            }
            if (resNet.version() == ResNetVersion.V2) {
                x = norms.normActivation(norm, "backbone.norm" + (s + 2), x, Optional.empty());
            }
            maps.add(x);
        }
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            int stride = resNet.maps().get(i).stride();
            if (stride >= 8 && stride <= 32) {
                taken.add(maps.get(i));
            }
        }
        return taken;
    }

    private String residualBlock(ResNetConfiguration resNet, String name, String x, int stride) {
        Normalization norm = resNet.norm();
        boolean first = resNet.version() == ResNetVersion.V1_STRIDE_IN_1X1 || !resNet.bottleneck();
        String y = convolution(name + ".conv1", x, first ? stride : 1);
        y = norms.normActivation(norm, name + ".norm1", y, Optional.empty());
        y = convolution(name + ".conv2", y, first ? 1 : stride);
        int last = resNet.bottleneck() ? 3 : 2;
        if (resNet.bottleneck()) {
            y = norms.normActivation(norm, name + ".norm2", y, Optional.empty());
            y = convolution(name + ".conv3", y, 1);
        }
        String shortcut = x;
        if (parameters.has(name + ".shortcutConv.weight")) {
            shortcut =
                    norms.norm(
                            norm,
                            name + ".shortcutNorm",
                            convolution(name + ".shortcutConv", x, stride));
        }
        return norms.normActivation(norm, name + ".norm" + last, y, Optional.of(shortcut));
    }

    private String preActivationBlock(
            ResNetConfiguration resNet, String name, String x, int stride, boolean activated) {
        Normalization norm = resNet.norm();
        String start =
                activated ? x : norms.normActivation(norm, name + ".norm1", x, Optional.empty());
        int last = resNet.bottleneck() ? 3 : 2;
        int strided = resNet.bottleneck() ? 2 : 1;
        String y = start;
        for (int i = 1; i <= last; i++) {
            if (i > 1) {
                y = norms.normActivation(norm, name + ".norm" + i, y, Optional.empty());
            }
            y = convolution(name + ".conv" + i, y, i == strided ? stride : 1);
        }
        String shortcut =
                parameters.has(name + ".shortcutConv.weight")
                        ? convolution(name + ".shortcutConv", start, stride)
                        : x;
        return graph.node("Add", y, shortcut);
    }

    /** Returns P3 to P7. */
    private List<String> pyramid(List<String> maps) {
        Optional<Normalization> norm = architecture.pyramid().pyramidNorm();
        String[] levels = new String[maps.size()];
        String top = null;
        for (int i = maps.size() - 1; i >= 0; i--) {
            String side = pyramidConvolution("lateral", i, maps.get(i), norm);
            top = top == null ? side : graph.node("Add", side, upsampled(top));
            levels[i] = pyramidConvolution("output", i, top, norm);
        }
        List<String> features = new ArrayList<>(List.of(levels));
        String source =
                architecture.pyramid().p6() == P6Source.C5
                        ? maps.get(maps.size() - 1)
                        : levels[levels.length - 1];
        String sixth = convolution("pyramid.p6", source, 2);
        features.add(sixth);
        features.add(convolution("pyramid.p7", graph.node("Relu", sixth), 2));
        return features;
    }

    private String pyramidConvolution(
            String name, int index, String x, Optional<Normalization> norm) {
        String y = convolution("pyramid." + name + index, x, 1);
        return norm.map(n -> norms.norm(n, "pyramid." + name + "Norm" + index, y)).orElse(y);
    }

    private String upsampled(String map) {
        return graph.node(
                "Resize",
                a ->
                        a.text("mode", "nearest")
                                .text("coordinate_transformation_mode", "asymmetric")
                                .text("nearest_mode", "floor"),
                map,
                "",
                graph.floats(new float[] {1, 1, 2, 2}, 4));
    }

    private List<String> head(String name, List<String> features) {
        Optional<Normalization> norm = architecture.head().headNorm();
        List<String> outputs = new ArrayList<>();
        for (String feature : features) {
            String x = feature;
            for (int i = 0; i < architecture.head().headConvolutions(); i++) {
                String y = convolution(name + ".conv" + i, x, 1);
                String normName = name + ".norm" + i;
                x =
                        norm.map(n -> norms.normActivation(n, normName, y, Optional.empty()))
                                .orElseGet(() -> graph.node("Relu", y));
            }
            outputs.add(convolution(name + ".output", x, 1));
        }
        return outputs;
    }

    /** Convolves with padding (kernel - 1) / 2, and adds a bias where there is one. */
    private String convolution(String name, String x, int stride) {
        String weight = parameters.of(name + ".weight");
        int kernel = parameters.kernel(name + ".weight");
        int padding = (kernel - 1) / 2;
        OnnxGraph.Setting setting =
                a ->
                        a.numbers("kernel_shape", kernel, kernel)
                                .numbers("strides", stride, stride)
                                .numbers("pads", padding, padding, padding, padding);
        return parameters.has(name + ".bias")
                ? graph.node("Conv", setting, x, weight, parameters.of(name + ".bias"))
                : graph.node("Conv", setting, x, weight);
    }
}
