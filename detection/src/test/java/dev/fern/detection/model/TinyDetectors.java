package dev.fern.detection.model;

import ai.djl.Device;
import dev.fern.backbone.fpn.FeaturePyramid;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Detectors that are small enough for tests and find much although nobody trained them. */
public final class TinyDetectors {

    /** The engine that the tests run on. */
    public static final String ENGINE = System.getProperty("ai.djl.default_engine", "MXNet");

    private TinyDetectors() {}

    /** A ResNet-18 of a quarter of the width, 16 pyramid channels, two categories with odd ids. */
    public static DetectorConfiguration configuration(
            String norm, CanvasRule rule, PostProcessing postProcessing) {
        return configuration(
                new Architecture(
                        ResNetConfiguration.of(
                                ResNetDepth.RESNET18,
                                0.25,
                                Stem.IMAGENET,
                                Normalization.parse(norm)),
                        new PyramidConfiguration(16, FeaturePyramid.P6Source.P5, Optional.empty()),
                        new HeadConfiguration(4, Optional.empty()),
                        AnchorParameters.ofBaseSize(16)),
                rule,
                postProcessing);
    }

    /** One block of 8 channels per stage, 8 pyramid channels, one convolution per head. */
    public static DetectorConfiguration smallest(String norm, CanvasRule rule) {
        return configuration(
                new Architecture(
                        new ResNetConfiguration(
                                ResNetVersion.V1,
                                false,
                                List.of(1, 1, 1, 1),
                                List.of(8, 8, 8, 8),
                                8,
                                Stem.IMAGENET,
                                Normalization.parse(norm)),
                        new PyramidConfiguration(8, FeaturePyramid.P6Source.C5, Optional.empty()),
                        new HeadConfiguration(1, Optional.empty()),
                        AnchorParameters.ofBaseSize(16)),
                rule,
                PostProcessing.DEFAULT);
    }

    private static DetectorConfiguration configuration(
            Architecture architecture, CanvasRule rule, PostProcessing postProcessing) {
        return new DetectorConfiguration(
                DetectorConfiguration.VERSION,
                architecture,
                List.of(new CocoCategory(3, "cell", "blood"), new CocoCategory(8, "clot", "")),
                rule,
                PixelNormalization.IMAGENET,
                postProcessing);
    }

    /**
     * Returns a detector with random parameters in its normalisers and heads, and scores on both
     * sides of one half.
     */
    public static Detector lively(DetectorConfiguration configuration, long seed) {
        return lively(configuration, ENGINE, seed);
    }

    /** Returns such a detector on PyTorch that computes on the CPU as on a GPU. */
    public static Detector livelyByOperators(DetectorConfiguration configuration, long seed) {
        System.setProperty(EngineBridge.OPERATORS, "true");
        try {
            return lively(configuration, "PyTorch", seed);
        } finally {
            System.clearProperty(EngineBridge.OPERATORS);
        }
    }

    /** Returns such a detector on a given engine; its parameters are the same on every engine. */
    public static Detector lively(DetectorConfiguration configuration, String engine, long seed) {
        Detector detector = Detector.create(configuration, engine, seed);
        Random random = new Random(seed);
        Map<String, Tensor> values = new LinkedHashMap<>();
        detector.copyParameters()
                .forEach(
                        (name, tensor) -> {
                            float[] data = tensor.data();
                            for (int i = 0; i < data.length; i++) {
                                float noise = (float) random.nextGaussian();
                                data[i] = enlivened(name, data[i], noise);
                            }
                            values.put(name, tensor);
                        });
        ParameterValues.assign(detector.network(), values);
        return detector;
    }

    /** Writes the model of such a detector that normalises by FRN. */
    public static Path write(Path folder, CanvasRule rule) throws IOException {
        DetectorConfiguration configuration = configuration("frn", rule, PostProcessing.DEFAULT);
        try (Detector detector = lively(configuration, 6)) {
            ModelDirectory.write(folder, configuration, detector.copyParameters());
        }
        return folder;
    }

    private static float enlivened(String name, float value, float noise) {
        if (name.endsWith(".gamma")) {
            return 1 + 0.2f * noise;
        }
        if (name.endsWith(".beta") || name.endsWith(".tau")) {
            return 0.2f * noise;
        }
        if (name.equals("classification.output.bias")) {
            return -2 + 0.5f * noise;
        }
        if (name.contains(".running") || name.endsWith(".steps")) {
            return value;
        }
        return name.startsWith("backbone.") || name.startsWith("pyramid.") ? value : 0.1f * noise;
    }

    /** A detection of a category that is called after its place in the model's list. */
    public static Detection detection(
            float x1, float y1, float x2, float y2, int category, float score) {
        return new Detection(x1, y1, x2, y2, category, category + 1, "category " + category, score);
    }

    /** A detector whose heads' inner convolutions have weights of a standard deviation. */
    static Detector create(DetectorConfiguration configuration, long seed, double headDeviation) {
        return Detector.create(configuration, ENGINE, Device.cpu(), seed, headDeviation);
    }
}
