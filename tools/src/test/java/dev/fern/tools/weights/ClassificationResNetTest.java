package dev.fern.tools.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.Backbone;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.detection.pretrain.BackboneWeights;
import dev.fern.detection.pretrain.Classifier;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.Engines;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ResNets with torchvision's names and shapes against what torchvision makes of the same weights
 * and pixels, which {@code make_resnet.py} computes by the same formula and writes down.
 */
class ClassificationResNetTest {

    private static final long[] INPUT = {1, 3, 64, 96};
    private static final long[] SQUARE = {1, 3, 224, 224};

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet50"})
    void anImportedResNetComputesWhatTorchvisionDoes(String name) throws IOException {
        JsonObject reference = reference(name);
        Path file = folder.resolve(name + ".safetensors");
        SafeTensors.write(file, weights(reference.getAsJsonObject("shapes")), Map.of());
        Path model = folder.resolve("model");
        CommandRun run = CommandRun.of("import", file.toString(), "--output=" + model);
        assertThat(run.status()).as(String.join("; ", run.errors())).isZero();
        assertThat(run.out()).contains("classification ResNet " + name + ", 1000 classes");

        BackboneWeights weights = BackboneWeights.read(model);
        Map<String, Tensor> values = new LinkedHashMap<>();
        weights.values()
                .forEach((own, tensor) -> values.put(own.replaceFirst("^backbone\\.", ""), tensor));
        try (NDManager manager = EngineBridge.of(Engines.DEFAULT).newManager()) {
            Backbone backbone = weights.architecture().newBackbone();
            ParameterValues.initializeWith(backbone, TensorSource.of(values));
            Shape shape = new Shape(INPUT);
            backbone.initialize(manager, DataType.FLOAT32, shape);
            NDArray x = manager.create(uniform("input", INPUT, -2, 2), shape);
            NDList maps =
                    backbone.forward(new ParameterStore(manager, false), new NDList(x), false);
            assertThat(maps).hasSize(4);
            for (int i = 0; i < maps.size(); i++) {
                String layer = "layer" + (i + 1);
                NDArray map = maps.get(i);
                assertAgrees(
                        layer,
                        map.getShape().getShape(),
                        map.toFloatArray(),
                        reference.getAsJsonObject(layer));
            }
        }
        try (Classifier classifier = Classifier.load(model, Engines.DEFAULT, Device.cpu())) {
            float[] pixels = uniform("square input", SQUARE, -2, 2);
            assertAgrees(
                    "logits",
                    new long[] {1, 1000},
                    classifier.logits(FloatBuffer.wrap(pixels), 1),
                    reference.getAsJsonObject("logits"));
        }
    }

    private static JsonObject reference(String name) throws IOException {
        try (InputStream in = ClassificationResNetTest.class.getResourceAsStream(name + ".json");
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        }
    }

    private static Map<String, Tensor> weights(JsonObject shapes) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        shapes.asMap()
                .forEach(
                        (name, sides) -> {
                            long[] shape = longs(sides.getAsJsonArray());
                            weights.put(name, new Tensor(shape, parameter(name, shape)));
                        });
        return weights;
    }

    private static long[] longs(JsonArray array) {
        return array.asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    }

    /** Returns {@code parameter(name, shape)} of the script. */
    private static float[] parameter(String name, long[] shape) {
        if (shape.length > 1) {
            double inputs = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
            double bound = Math.sqrt(6 / inputs);
            return uniform(name, shape, -bound, bound);
        }
        if (name.endsWith("running_var")) {
            return uniform(name, shape, 0.5, 1.5);
        }
        return name.endsWith("weight")
                ? uniform(name, shape, 0.3, 0.9)
                : uniform(name, shape, -0.2, 0.2);
    }

    /** Returns {@code uniform(name, shape, low, high)} of the script, by SplitMix64. */
    private static float[] uniform(String name, long[] shape, double low, double high) {
        CRC32 checksum = new CRC32();
        checksum.update(name.getBytes(StandardCharsets.UTF_8));
        long state = checksum.getValue();
        float[] values = new float[Math.toIntExact(new Shape(shape).size())];
        for (int i = 0; i < values.length; i++) {
            state += 0x9E3779B97F4A7C15L;
            long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            values[i] = (float) (low + (high - low) * ((z >>> 40) * 0x1p-24));
        }
        return values;
    }

    /** Asserts that values agree with some of torchvision's and with the sums of all of them. */
    private static void assertAgrees(
            String title, long[] shape, float[] values, JsonObject reference) {
        assertThat(shape).as(title).isEqualTo(longs(reference.getAsJsonArray("shape")));
        double sum = 0;
        double squares = 0;
        for (double value : values) {
            sum += value;
            squares += value * value;
        }
        double rms = Math.sqrt(squares / values.length);
        assertThat(sum / values.length)
                .as("mean of " + title)
                .isCloseTo(reference.get("sum").getAsDouble() / values.length, within(1e-5 * rms));
        assertThat(squares / reference.get("squares").getAsDouble())
                .as("squares of " + title)
                .isCloseTo(1, within(1e-4));

        int step = reference.get("step").getAsInt();
        JsonArray kept = reference.getAsJsonArray("values");
        assertThat(kept.size()).isGreaterThan(100);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < kept.size(); i++) {
            double expected = kept.get(i).getAsDouble();
            double value = values[i * step];
            assertThat(value)
                    .as("value " + i * step + " of " + title)
                    .isCloseTo(expected, within(1e-3 * rms));
            difference += (value - expected) * (value - expected);
            norm += expected * expected;
        }
        assertThat(Math.sqrt(difference / norm)).as(title).isLessThan(1e-4);
    }
}
