package dev.fern.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Detectors with random parameters, and what they are compared on. */
final class LivelyDetectors {

    static final int IMAGES = 2;

    static final List<CocoCategory> CATEGORIES =
            List.of(
                    new CocoCategory(3, "cell", ""),
                    new CocoCategory(8, "clot", ""),
                    new CocoCategory(9, "dust", ""));

    private LivelyDetectors() {}

    static Shape shape(ImageSize size) {
        return new Shape(IMAGES, 3, size.height(), size.width());
    }

    static JsonObject settings(String backbone, String norm) {
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", backbone);
        settings.addProperty("width", 0.125);
        settings.addProperty("norm", norm);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 2);
        if (norm.startsWith("gn") || norm.equals("frn-eps")) {
            settings.addProperty("pyramidNorm", norm);
            settings.addProperty("headNorm", norm);
        }
        return settings;
    }

    /** Returns a detector with the parameters that a training starts from: no pass is computed. */
    static Detector fresh(JsonObject settings) {
        return TrainingConfiguration.of(List.of(settings)).newDetector(CATEGORIES);
    }

    /** Returns a detector with random parameters, of which many anchors have a high score. */
    static Detector lively(JsonObject settings) {
        return lively(settings, Rounding.TORCHVISION);
    }

    static Detector lively(JsonObject settings, Rounding rounding) {
        TrainingConfiguration configuration = TrainingConfiguration.of(List.of(settings));
        Architecture own = configuration.detector(CATEGORIES).architecture();
        AnchorParameters anchors = own.anchors();
        Detector detector =
                configuration.newDetector(
                        new Architecture(
                                own.backbone(),
                                own.pyramid(),
                                own.head(),
                                new AnchorParameters(
                                        anchors.sizes(),
                                        anchors.scales(),
                                        anchors.aspectRatios(),
                                        rounding)),
                        CATEGORIES);
        Random random = new Random(11);
        Map<String, Tensor> values = new LinkedHashMap<>();
        detector.copyParameters()
                .forEach(
                        (name, tensor) -> {
                            float[] data = tensor.data();
                            for (int i = 0; i < data.length; i++) {
                                float noise = (float) random.nextGaussian();
                                if (name.matches(".*(gamma|Var|Deviation)")) {
                                    data[i] = 1 + 0.5f * random.nextFloat();
                                } else if (name.matches(".*(beta|tau|Mean|eps)")) {
                                    data[i] = 0.2f * noise;
                                } else if (name.matches(".*output.*bias")) {
                                    data[i] = 0.3f * noise;
                                } else if (name.endsWith("output.weight")) {
                                    data[i] = 0.05f * noise;
                                }
                            }
                            values.put(name, tensor);
                        });
        ParameterValues.assign(detector.network(), values);
        calm(detector, values);
        return detector;
    }

    /** Scales the outputs, so that boxes stay near their anchors and scores differ. */
    private static void calm(Detector detector, Map<String, Tensor> values) {
        ImageSize size = new ImageSize(96, 96);
        List<HeadOutput> outputs = detector.outputs(pixels(size, 1), IMAGES, size, false);
        for (String head : List.of("classification", "regression")) {
            boolean classifies = head.equals("classification");
            double square = 0;
            long count = 0;
            for (HeadOutput output : outputs) {
                for (float value : classifies ? output.logits() : output.codes()) {
                    square += value * value;
                    count++;
                }
            }
            double scale = (classifies ? 2 : 0.3) / Math.sqrt(square / count);
            for (String kind : List.of("weight", "bias")) {
                float[] data = values.get(head + ".output." + kind).data();
                for (int i = 0; i < data.length; i++) {
                    data[i] *= (float) scale;
                }
            }
        }
        ParameterValues.assign(detector.network(), values);
    }

    static FloatBuffer pixels(ImageSize size, long seed) {
        Random random = new Random(seed);
        int count = IMAGES * 3 * size.width() * size.height();
        FloatBuffer pixels =
                ByteBuffer.allocateDirect(count * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        for (int i = 0; i < count; i++) {
            pixels.put(i, (float) random.nextGaussian());
        }
        return pixels;
    }

    /** Returns the relative L2 distance. */
    static double distance(float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        double difference = 0;
        double size = 0;
        for (int i = 0; i < found.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / size);
    }
}
