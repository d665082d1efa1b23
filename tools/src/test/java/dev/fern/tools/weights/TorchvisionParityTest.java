package dev.fern.tools.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.RetinaNet;
import dev.fern.detection.train.GradientStep;
import dev.fern.tools.torch.WeightsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small RetinaNet run by torchvision, and what Fern makes of its weights and image. */
@Tag("engine")
class TorchvisionParityTest {

    private static final Path FOLDER =
            Path.of(System.getProperty("fern.shared", "../shared"), "parity/torchvision-retinanet");

    private static JsonObject expected;
    private static Detector detector;
    private static Canvas canvas;
    private static float[] input;

    @BeforeAll
    static void loadModel() throws IOException {
        Assumptions.assumeTrue(
                Files.isDirectory(FOLDER), "skipped: no reference results at " + FOLDER);
        expected =
                JsonParser.parseString(Files.readString(FOLDER.resolve("expected.json")))
                        .getAsJsonObject();
        TorchvisionRetinaNet network =
                TorchvisionRetinaNet.of(WeightsFile.read(FOLDER.resolve("retinanet.pth")), null);
        List<CocoCategory> categories =
                IntStream.range(0, network.categories())
                        .mapToObj(k -> new CocoCategory(k, "class " + k, ""))
                        .toList();
        CanvasRule rule = new CanvasRule(256, 384);
        detector =
                Detector.create(
                        new DetectorConfiguration(
                                DetectorConfiguration.VERSION,
                                network.architecture(),
                                categories,
                                rule,
                                PixelNormalization.IMAGENET,
                                new PostProcessing(0.05, 0.5, 1000, 300)),
                        System.getProperty("ai.djl.default_engine", "MXNet"),
                        0);
        ParameterValues.assign(detector.network(), network.parameters());
        canvas =
                rule.canvas(
                        expected.get("image_width").getAsInt(),
                        expected.get("image_height").getAsInt());
        input = NpyFile.read(FOLDER.resolve("input.npy"));
    }

    @AfterAll
    static void close() {
        if (detector != null) {
            detector.close();
        }
    }

    @Test
    void theCanvasIsThatOfTheReference() {
        assertThat(canvas.resized().height())
                .isEqualTo(expected.getAsJsonArray("resized_size").get(0).getAsInt());
        assertThat(canvas.resized().width())
                .isEqualTo(expected.getAsJsonArray("resized_size").get(1).getAsInt());
    }

    @Test
    void anchorsAgreeToAThousandthOfAPixel() throws IOException {
        float[] reference = NpyFile.read(FOLDER.resolve("anchors.npy"));
        float[] anchors = detector.anchors(canvas).boxes();
        assertThat(anchors).hasSameSizeAs(reference);
        for (int i = 0; i < reference.length; i++) {
            assertThat(anchors[i]).isCloseTo(reference[i], within(1e-3f));
        }
    }

    @Test
    void featuresAndLogitsAgree() throws IOException {
        try (NDManager manager = detector.manager().newSubManager()) {
            NDArray x = manager.create(input, inputShape(1));
            NDList features =
                    detector.network().features(detector.parameterStore(), new NDList(x), false);
            String[] names = {"0", "1", "2", "p6", "p7"};
            for (int l = 0; l < names.length; l++) {
                assertThat(
                                relativeL2(
                                        features.get(l).toFloatArray(),
                                        NpyFile.read(
                                                FOLDER.resolve("feature_" + names[l] + ".npy"))))
                        .as("feature " + names[l])
                        .isLessThan(1e-4);
            }
            assertOutputsAgree(
                    RetinaNet.read(
                            detector.network()
                                    .forward(detector.parameterStore(), new NDList(x), false)),
                    1e-4);
        }
        assertOutputsAgree(
                detector.outputs(FloatBuffer.wrap(input), 1, canvas.size(), false), 1e-4);
    }

    @Test
    void outputsInBfloat16AreNear() throws IOException {
        try {
            detector.setPrecision(Precision.BFLOAT16);
        } catch (IllegalArgumentException e) {
            abort("this processor has no bf16");
        }
        try {
            assertOutputsAgree(
                    detector.outputs(FloatBuffer.wrap(input), 1, canvas.size(), false), 2e-2);
        } finally {
            detector.setPrecision(Precision.FLOAT32);
        }
    }

    private static void assertOutputsAgree(List<HeadOutput> outputs, double most)
            throws IOException {
        assertThat(
                        relativeL2(
                                joined(outputs.stream().map(HeadOutput::logits).toList()),
                                NpyFile.read(FOLDER.resolve("cls_logits.npy"))))
                .isLessThan(most);
        assertThat(
                        relativeL2(
                                joined(outputs.stream().map(HeadOutput::codes).toList()),
                                NpyFile.read(FOLDER.resolve("bbox_regression.npy"))))
                .isLessThan(most);
    }

    @Test
    void detectionsAgree() throws IOException {
        List<Detection> detections =
                detector.detect(FloatBuffer.wrap(input), List.of(canvas)).get(0);
        float[] boxes = NpyFile.read(FOLDER.resolve("detection_boxes.npy"));
        float[] scores = NpyFile.read(FOLDER.resolve("detection_scores.npy"));
        float[] labels = NpyFile.read(FOLDER.resolve("detection_labels.npy"));
        assertThat(detections).hasSize(expected.get("detections").getAsInt());
        // Scores that differ by rounding alone may change places: each finds its own.
        List<Detection> left = new ArrayList<>(detections);
        for (int i = 0; i < scores.length; i++) {
            int at = i;
            Detection match =
                    left.stream()
                            .filter(
                                    d ->
                                            d.category() == (int) labels[at]
                                                    && Math.abs(d.score() - scores[at]) < 1e-4
                                                    && Math.abs(d.x1() - boxes[4 * at]) < 0.02
                                                    && Math.abs(d.y1() - boxes[4 * at + 1]) < 0.02
                                                    && Math.abs(d.x2() - boxes[4 * at + 2]) < 0.02
                                                    && Math.abs(d.y2() - boxes[4 * at + 3]) < 0.02)
                            .findFirst()
                            .orElse(null);
            assertThat(match).as("reference detection " + i).isNotNull();
            left.remove(match);
        }
    }

    @Test
    void lossAndGradientsOfOneImageAgree() {
        checkTraining("one_image", 1);
    }

    @Test
    void lossAndGradientsWithAnEmptyImageAgree() {
        checkTraining("with_empty_image", 2);
    }

    private static void checkTraining(String batch, int images) {
        Anchors anchors = detector.anchors(canvas);
        List<AnchorTargets> targets = new ArrayList<>();
        float[] pixels = new float[images * input.length];
        for (int n = 0; n < images; n++) {
            boolean empty = n > 0; // the reference's second image: the first mirrored, no boxes
            float[] image = empty ? mirrored(input) : input;
            System.arraycopy(image, 0, pixels, n * input.length, input.length);
            float[] boxes = empty ? new float[0] : canvas.toCanvas(targetBoxes());
            int[] labels = empty ? new int[0] : targetLabels();
            targets.add(AnchorTargets.assign(Matcher.retinaNet(), anchors, boxes, labels));
        }
        GradientStep step =
                new GradientStep(
                        detector,
                        new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse("l1"), 1, 1));
        DetectionLoss loss =
                step.run(
                        FloatBuffer.wrap(pixels),
                        canvas.size().height(),
                        canvas.size().width(),
                        anchors,
                        targets);
        JsonObject reference = expected.getAsJsonObject("loss").getAsJsonObject(batch);
        assertRelative(
                "classification",
                loss.classification(),
                reference.get("classification").getAsDouble(),
                1e-4);
        assertRelative(
                "regression",
                loss.regression(),
                reference.get("bbox_regression").getAsDouble(),
                1e-4);
        JsonObject norms = expected.getAsJsonObject("gradient_l2").getAsJsonObject(batch);
        Map<String, Parameter> parameters = NamedParameters.of(detector.network());
        long trained = parameters.values().stream().filter(Parameter::requiresGradient).count();
        assertThat(norms.size()).isEqualTo((int) trained);
        for (Map.Entry<String, JsonElement> entry : norms.entrySet()) {
            Parameter parameter = parameters.get(TorchvisionNames.fern(entry.getKey()));
            assertThat(parameter).as(entry.getKey()).isNotNull();
            try (NDArray gradient = parameter.getArray().getGradient()) {
                double sum = 0;
                for (float g : gradient.toFloatArray()) {
                    sum += (double) g * g;
                }
                assertRelative(
                        entry.getKey(), Math.sqrt(sum), entry.getValue().getAsDouble(), 1e-3);
            }
        }
    }

    /** Swaps left and right; the resized image is as wide as its canvas. */
    private static float[] mirrored(float[] pixels) {
        int width = canvas.size().width();
        assertThat(canvas.resized().width()).isEqualTo(width);
        float[] mirrored = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            mirrored[i] = pixels[i / width * width + width - 1 - i % width];
        }
        return mirrored;
    }

    private static void assertRelative(
            String name, double value, double reference, double tolerance) {
        assertThat(Math.abs(value - reference) / Math.abs(reference))
                .as("%s: %s against %s", name, value, reference)
                .isLessThan(tolerance);
    }

    private static float[] targetBoxes() {
        JsonArray rows = expected.getAsJsonArray("target_boxes_xyxy");
        float[] boxes = new float[rows.size() * 4];
        for (int i = 0; i < boxes.length; i++) {
            boxes[i] = rows.get(i / 4).getAsJsonArray().get(i % 4).getAsFloat();
        }
        return boxes;
    }

    private static int[] targetLabels() {
        return expected.getAsJsonArray("target_labels").asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    private static Shape inputShape(int images) {
        return new Shape(images, 3, canvas.size().height(), canvas.size().width());
    }

    private static float[] joined(List<float[]> levels) {
        FloatBuffer all = FloatBuffer.allocate(levels.stream().mapToInt(each -> each.length).sum());
        levels.forEach(all::put);
        return all.array();
    }

    private static double relativeL2(float[] values, float[] reference) {
        assertThat(values).hasSameSizeAs(reference);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < values.length; i++) {
            difference += Math.pow((double) values[i] - reference[i], 2);
            norm += Math.pow(reference[i], 2);
        }
        return Math.sqrt(difference / norm);
    }
}
