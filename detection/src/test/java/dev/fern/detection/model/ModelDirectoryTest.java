package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A model directory is read back as it was written, and refused where it is damaged. Long because
 * every damage is done to the one document that is written here.
 */
class ModelDirectoryTest {

    private static Detector detector;

    @TempDir Path folder;

    @BeforeAll
    static void createModel() {
        detector =
                TinyDetectors.lively(
                        TinyDetectors.configuration(
                                "frn-eps", new CanvasRule(48, 64), PostProcessing.DEFAULT),
                        5);
    }

    @AfterAll
    static void closeModel() {
        detector.close();
    }

    @BeforeEach
    void writeModel() throws IOException {
        ModelDirectory.write(folder, detector.configuration(), detector.copyParameters());
    }

    @Test
    void aConfigurationWithANameTwiceIsRefused() throws IOException {
        Path file = folder.resolve(ModelDirectory.CONFIGURATION_FILE);
        String text = Files.readString(file);
        for (String name : List.of("version", "minSize")) {
            String first = "\"" + name + "\":";
            assertThat(text).containsOnlyOnce(first);
            Files.writeString(file, text.replace(first, first + " 1, " + first));
            assertThatThrownBy(() -> ModelDirectory.readConfiguration(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": '")
                    .hasMessageContaining(name + "' stands twice; remove one of the two");
        }
    }

    @Test
    void modelThatIsReadBackIsTheSame() throws IOException {
        byte[] pixels = new byte[3 * 50 * 40];
        new Random(1).nextBytes(pixels);
        try (Detector loaded = Detector.load(folder, "MXNet");
                BgrImage image = BgrImage.of(50, 40, pixels)) {
            assertThat(loaded.configuration()).isEqualTo(detector.configuration());
            assertThat(loaded.copyParameters()).isEqualTo(detector.copyParameters());
            assertThat(loaded.detect(image)).isNotEmpty().isEqualTo(detector.detect(image));
        }
    }

    /** MXNet takes as much memory for a gradient as for its parameter. */
    @Test
    void onlyAModelThatIsToBeTrainedHasGradients() throws IOException {
        try (Detector loaded = Detector.load(folder, "MXNet");
                Detector trainable = Detector.loadForTraining(folder, "MXNet")) {
            assertThat(NamedParameters.of(loaded.network()).values())
                    .noneMatch(parameter -> parameter.getArray().hasGradient());
            assertThat(NamedParameters.of(trainable.network()).values())
                    .anyMatch(parameter -> parameter.getArray().hasGradient());
            assertThat(trainable.copyParameters()).isEqualTo(loaded.copyParameters());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18v2, brn, frn, bn-tlu",
        "resnet50v2, frn-relu, gn4, ln",
        "resnet18, in, bn, brn"
    })
    void modelOfAnyVersionAndNormsIsReadBack(
            String backbone, String norm, String pyramidNorm, String headNorm) throws IOException {
        Architecture architecture =
                new Architecture(
                        ResNetConfiguration.of(
                                ResNetDepth.parse(backbone),
                                0.0625,
                                Stem.IMAGENET,
                                Normalization.parse(norm)),
                        new PyramidConfiguration(
                                8, P6Source.C5, Optional.of(Normalization.parse(pyramidNorm))),
                        new HeadConfiguration(1, Optional.of(Normalization.parse(headNorm))),
                        AnchorParameters.ofBaseSize(16));
        DetectorConfiguration plain = detector.configuration();
        DetectorConfiguration configuration =
                new DetectorConfiguration(
                        plain.version(),
                        architecture,
                        plain.categories(),
                        plain.canvas(),
                        plain.normalization(),
                        plain.postProcessing());
        byte[] pixels = new byte[3 * 50 * 40];
        new Random(1).nextBytes(pixels);
        try (Detector written = TinyDetectors.lively(configuration, 3);
                BgrImage image = BgrImage.of(50, 40, pixels)) {
            ModelDirectory.write(folder, configuration, written.copyParameters());
            try (Detector loaded = Detector.load(folder, "MXNet")) {
                assertThat(loaded.configuration()).isEqualTo(configuration);
                assertThat(loaded.copyParameters()).isEqualTo(written.copyParameters());
                assertThat(loaded.detect(image)).isNotEmpty().isEqualTo(written.detect(image));
            }
        }
    }

    @Test
    void changedConfigurationIsUsed() throws IOException {
        CanvasRule changed = new CanvasRule(30, 30);
        try (Detector loaded = Detector.builder(folder).optCanvas(changed).load()) {
            assertThat(loaded.configuration().canvas().minSize()).isEqualTo(30);
            assertThat(loaded.copyParameters()).isEqualTo(detector.copyParameters());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.json", "parameters.safetensors"})
    void missingFileIsNamed(String name) throws IOException {
        Files.delete(folder.resolve(name));
        assertRefused(name);
        Files.createDirectory(folder.resolve(name));
        assertRefused(name);
    }

    @Test
    void folderThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Detector.load(folder.resolve("nowhere"), "MXNet"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere");
    }

    @ParameterizedTest(name = "{0} of the parameter file")
    @ValueSource(doubles = {0, 0.00001, 0.001, 0.3, 0.999999})
    void cutParameterFileIsNamed(double part) throws IOException {
        Path file = folder.resolve("parameters.safetensors");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, (int) (part * whole.length)));
        assertRefused("parameters.safetensors");
    }

    @Test
    void parameterFileOfSomethingElseIsNamed() throws IOException {
        byte[] noise = new byte[100_000];
        new Random(2).nextBytes(noise);
        Files.write(folder.resolve("parameters.safetensors"), noise);
        assertRefused("parameters.safetensors");
    }

    @Test
    void parametersThatDoNotFitAreNamed() throws IOException {
        Map<String, Tensor> values = detector.copyParameters();
        Tensor weight = values.get("pyramid.p6.weight");

        Map<String, Tensor> otherShape = new LinkedHashMap<>(values);
        otherShape.put("pyramid.p6.weight", new Tensor(new long[] {16, 9, 16}, weight.data()));
        assertRefused(otherShape, "pyramid.p6.weight has shape [16, 9, 16]");

        Map<String, Tensor> tooFew = new LinkedHashMap<>(values);
        tooFew.remove("pyramid.p6.weight");
        assertRefused(tooFew, "parameter pyramid.p6.weight is missing");

        Map<String, Tensor> tooMany = new LinkedHashMap<>(values);
        tooMany.put("pyramid.p8.weight", weight);
        assertRefused(tooMany, "parameter pyramid.p8.weight has no place");

        assertRefused(Map.of(), "is missing");
    }

    private void assertRefused(Map<String, Tensor> values, String reason) throws IOException {
        SafeTensors.write(folder.resolve("parameters.safetensors"), values, Map.of());
        assertRefused("parameters.safetensors", reason);
    }

    @Test
    void configurationThatIsCutAnywhereIsNamed() throws IOException {
        Path file = folder.resolve("model.json");
        String whole = Files.readString(file).stripTrailing();
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(file, whole.substring(0, length));
            assertThatThrownBy(() -> ModelDirectory.readConfiguration(folder))
                    .as("cut after " + length)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void everyMissingKeyIsNamed() throws IOException {
        List<List<Object>> paths = paths();
        assertThat(paths).hasSizeGreaterThan(50);
        for (List<Object> path : paths) {
            if (path.get(path.size() - 1) instanceof String name) {
                JsonObject document = document();
                parent(document, path).getAsJsonObject().remove(name);
                write(document);
                assertRefused("model.json", name + " is missing");
            }
        }
    }

    @Test
    void everyValueOfAnotherKindIsRefused() throws IOException {
        for (List<Object> path : paths()) {
            JsonElement present = get(document(), path);
            for (JsonElement other :
                    List.of(
                            JsonNull.INSTANCE,
                            new JsonPrimitive("many"),
                            new JsonPrimitive(true),
                            new JsonPrimitive(0.123),
                            new JsonArray(),
                            new JsonObject())) {
                // Another string or number may be right.
                if (!present.isJsonPrimitive() || !kind(present).equals(kind(other))) {
                    write(replaced(path, other));
                    assertThatThrownBy(() -> ModelDirectory.readConfiguration(folder))
                            .as(path + " = " + other)
                            .isInstanceOf(IOException.class)
                            .hasMessageStartingWith(folder.resolve("model.json") + ": ")
                            .hasMessageNotContaining("\n");
                }
            }
        }
    }

    private static String kind(JsonElement element) {
        if (element instanceof JsonPrimitive primitive) {
            return primitive.isString() ? "string" : primitive.isBoolean() ? "boolean" : "number";
        }
        return element.getClass().getSimpleName();
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "version, 3",
        "version, -1",
        "architecture.widths.0, 2147483648",
        "architecture.widths.3, 1000000000",
        "architecture.widths.1, 0",
        "architecture.blocks.2, 1000000000",
        "architecture.blocks.2, -3",
        "architecture.stemWidth, 1000000000",
        "architecture.pyramidChannels, 1000000000",
        "architecture.pyramidChannels, 1e400",
        "architecture.pyramidChannels, 16.5",
        "architecture.headConvolutions, 1000000000",
        "architecture.anchors.sizes.0, -1",
        "architecture.anchors.scales.0, 1e999",
        "canvas.stride, 1",
        "canvas.stride, 48",
        "canvas.stride, 1073741824",
        "canvas.minSize, 0",
        "canvas.maxSize, 1000000000",
        "normalization.std.1, 0",
        "postProcessing.scoreThreshold, 1.5",
        "postProcessing.maxDetections, -1",
        "postProcessing.nmsIou, 1e300",
        "categories.0.id, 1e30",
    })
    void absurdNumberIsRefused(String path, String number) throws IOException {
        write(replaced(parsed(path), JsonParser.parseString(number)));
        assertRefused("model.json");
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "architecture.norm, xn",
        "architecture.headNorm, gn0",
        "architecture.pyramidNorm, fr",
        "architecture.resnetVersion, V3",
        "architecture.p6, P4",
        "architecture.anchors.rounding, UP"
    })
    void unknownNameIsRefused(String path, String name) throws IOException {
        write(replaced(parsed(path), new JsonPrimitive(name)));
        assertRefused("model.json");
    }

    /** Each value is in its range, but makes another network, which may take gigabytes. */
    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "architecture.pyramidChannels, 16384",
        "architecture.widths.3, 16384",
        "architecture.stemWidth, 16384",
        "architecture.blocks.3, 256",
        "architecture.headConvolutions, 64",
        "architecture.bottleneck, true",
        "architecture.norm, gn7",
    })
    void networkOfOtherSizeIsRefusedBeforeItsMemoryIsTaken(String path, String value)
            throws IOException {
        write(replaced(parsed(path), JsonParser.parseString(value)));
        assertRefused("parameters.safetensors", "does not fit model.json");
    }

    @Test
    void moreCategoriesThanParametersAreRefused() throws IOException {
        JsonObject document = document();
        JsonArray categories = document.getAsJsonArray("categories");
        for (int i = 0; i < 10_000; i++) {
            JsonObject category = categories.get(0).getAsJsonObject().deepCopy();
            category.addProperty("id", 1000 + i);
            categories.add(category);
        }
        write(document);
        assertRefused("parameters.safetensors", "does not fit model.json");
    }

    @Test
    void categoryIdThatComesTwiceIsRefused() throws IOException {
        JsonObject document = document();
        JsonArray categories = document.getAsJsonArray("categories");
        categories.set(1, categories.get(0));
        write(document);
        assertRefused("model.json", "two categories have the id");
    }

    /** Format 1 was written before there were pre-activation and norms in the pyramid. */
    @Test
    void modelOfFormat1IsReadAsVersion1WithoutNormsInThePyramid() throws IOException {
        JsonObject document = document();
        document.addProperty("version", 1);
        document.getAsJsonObject("architecture").remove("resnetVersion");
        document.getAsJsonObject("architecture").remove("pyramidNorm");
        write(document);
        DetectorConfiguration configuration = ModelDirectory.readConfiguration(folder);
        assertThat(configuration).isEqualTo(detector.configuration());
        assertThat(configuration.architecture().backbone())
                .isInstanceOfSatisfying(
                        ResNetConfiguration.class,
                        resnet -> assertThat(resnet.version()).isEqualTo(ResNetVersion.V1));
        assertThat(configuration.architecture().pyramid().pyramidNorm()).isEmpty();
    }

    /** Fails as a full disk would, after the first file is written. */
    @Test
    void failureWhileWritingLeavesTheOldModelAlone() throws IOException {
        Map<String, Tensor> failing =
                new LinkedHashMap<>() {
                    @Override
                    public Set<Map.Entry<String, Tensor>> entrySet() {
                        throw new UncheckedIOException(new IOException("no space left"));
                    }
                };
        Path fresh = folder.resolve("fresh");
        for (Path target : List.of(folder, fresh)) {
            assertThatThrownBy(
                            () -> ModelDirectory.write(target, detector.configuration(), failing))
                    .hasMessageContaining("no space");
        }
        assertThat(ModelDirectory.readParameters(folder)).isEqualTo(detector.copyParameters());
        assertThat(fresh).doesNotExist();
        assertThat(folder.resolve(".fresh.new")).doesNotExist();
    }

    @Test
    void otherFilesAreNotReplacedByAModel() throws IOException {
        Path mine = Files.createDirectory(folder.resolve("mine"));
        Files.writeString(mine.resolve("notes.txt"), "mine");
        for (Path target : List.of(mine, mine.resolve("notes.txt"))) {
            assertThatThrownBy(
                            () -> ModelDirectory.write(target, detector.configuration(), Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(target.toString());
        }
        assertThat(mine.resolve("notes.txt")).hasContent("mine");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "null", "7", "[]", "{}", "\"model\"", "{\"version\": 1}", "{]"})
    void documentOfAnotherKindIsRefused(String text) throws IOException {
        Files.writeString(folder.resolve("model.json"), text);
        assertRefused("model.json");
    }

    @Test
    void textThatIsNoTextIsRefused() throws IOException {
        Files.write(folder.resolve("model.json"), new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'});
        assertRefused("model.json");
        Files.writeString(folder.resolve("model.json"), "[".repeat(1_000_000));
        assertRefused("model.json");
        Files.writeString(folder.resolve("model.json"), " ".repeat(20_000_000));
        assertRefused("model.json", "20000000 bytes");
    }

    private void assertRefused(String file) {
        assertRefused(file, "");
    }

    private void assertRefused(String file, String reason) {
        assertThatThrownBy(() -> Detector.load(folder, "MXNet"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.resolve(file).toString())
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    private static List<Object> parsed(String path) {
        List<Object> steps = new ArrayList<>();
        for (String step : path.split("\\.")) {
            steps.add(step.matches("[0-9]+") ? (Object) Integer.valueOf(step) : step);
        }
        return steps;
    }

    private JsonObject document() throws IOException {
        return JsonParser.parseString(written()).getAsJsonObject();
    }

    private String written;

    private String written() throws IOException {
        if (written == null) {
            written = Files.readString(folder.resolve("model.json"));
        }
        return written;
    }

    private void write(JsonElement document) throws IOException {
        written();
        Files.writeString(folder.resolve("model.json"), document.toString());
    }

    /** Collects the path to every value of a document: names and indices. */
    private List<List<Object>> paths() throws IOException {
        List<List<Object>> paths = new ArrayList<>();
        collect(document(), List.of(), paths);
        return paths;
    }

    private static void collect(JsonElement at, List<Object> path, List<List<Object>> into) {
        if (!path.isEmpty()) {
            into.add(path);
        }
        if (at.isJsonObject()) {
            for (String name : at.getAsJsonObject().keySet()) {
                collect(at.getAsJsonObject().get(name), longer(path, name), into);
            }
        } else if (at.isJsonArray()) {
            for (int i = 0; i < at.getAsJsonArray().size(); i++) {
                collect(at.getAsJsonArray().get(i), longer(path, i), into);
            }
        }
    }

    private static List<Object> longer(List<Object> path, Object step) {
        List<Object> longer = new ArrayList<>(path);
        longer.add(step);
        return longer;
    }

    private static JsonElement get(JsonElement document, List<Object> path) {
        JsonElement at = document;
        for (Object step : path) {
            at =
                    step instanceof Integer index
                            ? at.getAsJsonArray().get(index)
                            : at.getAsJsonObject().get((String) step);
        }
        return at;
    }

    private static JsonElement parent(JsonElement document, List<Object> path) {
        return get(document, path.subList(0, path.size() - 1));
    }

    private JsonObject replaced(List<Object> path, JsonElement value) throws IOException {
        JsonObject document = document();
        Object last = path.get(path.size() - 1);
        if (last instanceof Integer index) {
            parent(document, path).getAsJsonArray().set(index, value);
        } else {
            parent(document, path).getAsJsonObject().add((String) last, value);
        }
        return document;
    }
}
