package dev.fern.onnx;

import static dev.fern.onnx.LivelyDetectors.distance;
import static dev.fern.onnx.LivelyDetectors.fresh;
import static dev.fern.onnx.LivelyDetectors.lively;
import static dev.fern.onnx.LivelyDetectors.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.model.Detector;
import dev.fern.onnx.OnnxCheck.Output;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds models in integers against the detectors that they were made of. */
class Int8ExportTest {

    @TempDir static Path shared;

    /** A detector that several tests look at, its ranges, and its model. */
    private static Detector frozen;

    private static ActivationRanges frozenRanges;
    private static Path frozenModel;

    @TempDir Path folder;

    @BeforeAll
    static void exportOne() throws Exception {
        frozen = small("resnet18", "frozen-bn");
        frozenRanges = calibrated(frozen);
        frozenModel = shared.resolve("frozen.onnx");
        OnnxExport.writeInt8(
                frozen.configuration(),
                frozen.copyParameters(),
                heads(),
                frozenRanges,
                frozenModel);
    }

    @AfterAll
    static void close() {
        frozen.close();
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, frozen-bn",
        "resnet50, frozen-bn-eps0",
        "resnet18, bn",
        "resnet50v2, bn",
        "resnet18v2, bn-tlu",
        "resnet18, brn"
    })
    void theHeadsAreNearThoseOfTheNetwork(String backbone, String norm) throws Exception {
        try (Detector detector = small(backbone, norm);
                BgrImage image = noise(9)) {
            Path file = write(detector);
            CanvasPixels pixels =
                    CanvasPixels.of(image, detector.configuration(), Optional.empty());
            List<HeadOutput> expected =
                    detector.outputs(pixels.values(), 1, pixels.canvas().size(), false);
            try (OnnxCheck check = OnnxCheck.load(file)) {
                List<Output> found = check.run(pixels.values(), pixels.shape(), new float[0]);
                for (int l = 0; l < expected.size(); l++) {
                    assertThat(distance(found.get(l).channelsLast(), expected.get(l).logits()))
                            .as("logits of level " + l)
                            .isBetween(1e-4, 0.2);
                }
            }
        }
    }

    @Test
    void allConvolutionsButTheLastOfEachHeadTakeIntegersOnly() throws Exception {
        GraphProto graph = graph(frozenModel);
        Map<String, NodeProto> producers = producers(graph);
        Map<String, TensorProto> tensors = tensors(graph);
        int floats = 0;
        for (NodeProto node : graph.getNodeList()) {
            assertThat(node.getOpType()).isNotEqualTo("BatchNormalization");
            if (!node.getOpType().equals("Conv")) {
                continue;
            }
            if (!producers.containsKey(node.getInput(1))) {
                assertThat(node.getInput(1)).contains(".output.weight");
                floats++;
                continue;
            }
            assertThat(node.getInputList())
                    .allSatisfy(
                            input ->
                                    assertThat(producers.get(input).getOpType())
                                            .isEqualTo("DequantizeLinear"));
            assertThat(node.getInputCount()).isEqualTo(3);
            TensorProto weight = tensors.get(producers.get(node.getInput(1)).getInput(0));
            for (byte value : weight.getRawData().toByteArray()) {
                assertThat(Math.abs(value)).isLessThanOrEqualTo(63);
            }
        }
        assertThat(floats).isEqualTo(2 * 5);
    }

    @Test
    void aWeightIsAtMostHalfAStepFromThatOfTheFoldedConvolution() throws Exception {
        GraphProto graph = graph(frozenModel);
        GraphTensors tensors = new GraphTensors(graph);
        Map<String, Tensor> own = frozen.copyParameters();
        float[] gamma = own.get("backbone.norm1.norm.gamma").data();
        float[] variance = own.get("backbone.norm1.norm.runningVar").data();
        float[] weights = own.get("backbone.conv1.weight").data();
        String name = "backbone.conv1.weight.folded";
        float[] scales = tensors.floats(name + ".rounded.scale");
        byte[] integers = tensors(graph).get(name + ".int8").getRawData().toByteArray();
        int filter = weights.length / gamma.length;
        for (int i = 0; i < weights.length; i++) {
            int c = i / filter;
            double expected = weights[i] * gamma[c] / Math.sqrt(variance[c] + 1e-5);
            assertThat((double) integers[i] * scales[c])
                    .isCloseTo(expected, within(0.5001 * scales[c]));
        }
    }

    @Test
    void aFilterOfZerosKeepsItsBias() throws Exception {
        Map<String, Tensor> parameters = new HashMap<>(frozen.copyParameters());
        float[] weights = parameters.get("classification.conv0.weight").data();
        Arrays.fill(weights, 0);
        float[] bias = parameters.get("classification.conv0.bias").data();
        Arrays.fill(bias, 0.75f);
        Path file = folder.resolve("zeros.onnx");
        OnnxExport.writeInt8(frozen.configuration(), parameters, heads(), frozenRanges, file);
        GraphTensors tensors = new GraphTensors(graph(file));
        NodeProto first =
                graph(file).getNodeList().stream()
                        .filter(node -> node.getOpType().equals("Conv"))
                        .filter(n -> n.getInput(1).startsWith("classification.conv0.weight"))
                        .findFirst()
                        .orElseThrow();
        String name = first.getInput(2);
        int integer =
                tensors(graph(file))
                        .get(name + ".int32")
                        .getRawData()
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getInt();
        assertThat((double) integer * tensors.floats(name + ".scale")[0])
                .isCloseTo(0.75, within(1e-6));
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "gn2", "ln"})
    void normalisersWithStatisticsOfTheImageAreRefused(String norm) {
        try (Detector detector = fresh(settings("resnet18", norm))) {
            assertThatThrownBy(
                            () ->
                                    new Calibration(
                                            detector.configuration(), detector.copyParameters()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(norm)
                    .hasMessageContaining("frozen-bn");
        }
    }

    private static Detector small(String backbone, String norm) {
        JsonObject settings = settings(backbone, norm);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        return lively(settings);
    }

    private static BgrImage noise(int seed) {
        byte[] pixels = new byte[3 * 96 * 64];
        new Random(seed).nextBytes(pixels);
        return BgrImage.of(96, 64, pixels);
    }

    private Path write(Detector detector) throws Exception {
        Path file = folder.resolve("int8.onnx");
        OnnxExport.writeInt8(
                detector.configuration(),
                detector.copyParameters(),
                heads(),
                calibrated(detector),
                file);
        return file;
    }

    private static ActivationRanges calibrated(Detector detector) throws Exception {
        try (Calibration calibration =
                new Calibration(detector.configuration(), detector.copyParameters())) {
            for (int seed = 0; seed < 3; seed++) {
                try (BgrImage image = noise(seed)) {
                    calibration.add(image);
                }
            }
            return calibration.ranges();
        }
    }

    private static OnnxOptions heads() {
        return new OnnxOptions(OnnxOptions.Outputs.HEADS, Optional.empty());
    }

    private static GraphProto graph(Path file) throws Exception {
        return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph();
    }

    private static Map<String, NodeProto> producers(GraphProto graph) {
        return graph.getNodeList().stream()
                .collect(Collectors.toMap(node -> node.getOutput(0), Function.identity()));
    }

    private static Map<String, TensorProto> tensors(GraphProto graph) {
        return graph.getInitializerList().stream()
                .collect(Collectors.toMap(TensorProto::getName, Function.identity()));
    }
}
