package dev.fern.tools.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerifyCommandTest {

    private static final String SETTINGS =
            """
            {"width": 0.125, "pyramidChannels": 8, "headConvolutions": 1, "minSize": 64,
             "maxSize": 64, "batchSize": 4}
            """;

    @TempDir static Path folder;

    private static Path annotations;
    private static Path images;
    private static Path config;

    @BeforeAll
    static void makeDataset() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        annotations = folder.resolve("annotations/instances_train.json");
        images = folder.resolve("train");
        config = Files.writeString(folder.resolve("tiny.json"), SETTINGS);
    }

    private static CommandRun verify(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("verify", "--config=" + config, images.toString()));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    /** A model whose heads say something, so that it finds things where no one trained it. */
    private static Path model(String norm) throws IOException {
        return model(norm, "thing");
    }

    private static Path model(String norm, String category) throws IOException {
        Path directory = folder.resolve("model-" + norm + "-" + category);
        JsonObject settings = JsonParser.parseString(SETTINGS).getAsJsonObject();
        settings.addProperty("norm", norm);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(5, category, "")))) {
            var parameters = detector.copyParameters();
            float[] weights = parameters.get("classification.output.weight").data();
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= 20;
            }
            Arrays.fill(parameters.get("classification.output.bias").data(), -1);
            ModelDirectory.write(directory, detector.configuration(), parameters);
        }
        return directory;
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aPlaceForLibrariesThatOthersWriteToIsToldInOneLine() throws IOException {
        Path open = Files.createDirectory(folder.resolve("open"));
        Files.setAttribute(open, "unix:mode", 0777);
        String before = System.setProperty("jna.tmpdir", open.toString());
        try {
            CommandRun run = verify();
            assertThat(run.status()).isEqualTo(ExitStatus.BAD_INPUT);
            assertThat(run.complaints())
                    .singleElement()
                    .asString()
                    .startsWith("fern: jna.tmpdir: " + open.toRealPath() + " can be written by");
        } finally {
            if (before == null) {
                System.clearProperty("jna.tmpdir");
            } else {
                System.setProperty("jna.tmpdir", before);
            }
        }
    }

    private static Map<String, String> verdicts(Path json) throws IOException {
        Map<String, String> verdicts = new LinkedHashMap<>();
        for (JsonElement row : read(json).getAsJsonArray("rows")) {
            verdicts.put(
                    row.getAsJsonObject().get("where").getAsString(),
                    row.getAsJsonObject().get("verdict").getAsString());
        }
        return verdicts;
    }

    private static JsonObject read(Path json) throws IOException {
        return JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "gn4", "frozen-bn"})
    void modelsWhoseNormsKeepImagesApartPass(String norm) throws IOException {
        Path json = folder.resolve(norm + ".json");
        CommandRun run = verify("--model=" + model(norm), "--json=" + json);
        assertThat(run.status()).as(run.out() + run.errors()).isZero();
        assertThat(verdicts(json))
                .containsOnlyKeys(
                        "normaliser", "canvas", "loss", "gradients", "step", "post-processing")
                .doesNotContainValue("fail")
                .containsEntry("post-processing", "pass");
        assertThat(read(json).get("passed").getAsBoolean()).isTrue();
        assertThat(read(json).get("detections").getAsInt()).isPositive();
        assertThat(read(json).get("padding").getAsJsonObject().get("deviation").getAsDouble())
                .isGreaterThan(1e-3);
        assertThat(run.out()).contains("what the model finds", "Batch-independent");
    }

    @Test
    void batchNormFailsInTrainingAloneAndIsToldWhy() throws IOException {
        Path json = folder.resolve("bn.json");
        CommandRun run = verify("--model=" + model("bn"), "--json=" + json);
        assertThat(run.status()).isEqualTo(VerifyCommand.DEPENDENT);
        assertThat(verdicts(json))
                .isEqualTo(
                        Map.of(
                                "normaliser", "fail",
                                "canvas", "pass",
                                "loss", "fail",
                                "gradients", "fail",
                                "step", "fail",
                                "post-processing", "pass"));
        assertThat(read(json).get("passed").getAsBoolean()).isFalse();
        assertThat(run.out())
                .contains("Batch-dependent: in training bn takes mean and variance")
                .containsPattern("normaliser .* FAIL")
                .containsPattern("post-processing .* pass");
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "bn"})
    void freshNetworksAreMeasuredToo(String norm) {
        CommandRun run = verify("--norm=" + norm, "--categories=2");
        assertThat(run.status()).as(run.out() + run.errors()).isEqualTo(norm.equals("bn") ? 1 : 0);
        assertThat(run.out()).contains("a fresh network (" + norm + ")", "drawn at random");
    }

    @Test
    void targetsMayComeFromAnnotations() throws IOException {
        Path json = folder.resolve("annotated.json");
        CommandRun run = verify("--annotations=" + annotations, "--json=" + json);
        assertThat(run.status()).as(run.out() + run.errors()).isZero();
        assertThat(read(json).get("target_origin").getAsString()).isEqualTo(annotations.toString());
        assertThat(read(json).get("targets").getAsInt()).isPositive();
        CommandRun foreign = verify("--annotations=" + annotations, "--model=" + model("frn"));
        assertThat(foreign.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(foreign.complaints())
                .singleElement()
                .asString()
                .contains("instances_train.json: no category is one of the model's", "thing");
    }

    @Test
    void categoriesOfAnnotationsMayHaveStringsForIdsAndAreMatchedByName() throws IOException {
        JsonObject coco = read(annotations);
        String ellipse = null;
        for (JsonElement category : coco.getAsJsonArray("categories")) {
            String id = nameId(category.getAsJsonObject(), "id");
            if (category.getAsJsonObject().get("name").getAsString().equals("ellipse")) {
                ellipse = id;
            }
        }
        int ellipses = 0;
        for (JsonElement annotation : coco.getAsJsonArray("annotations")) {
            String id = nameId(annotation.getAsJsonObject(), "category_id");
            ellipses += id.equals(ellipse) ? 1 : 0;
        }
        assertThat(ellipses).isPositive();
        Path file = Files.writeString(folder.resolve("strings.json"), coco.toString());
        Path json = folder.resolve("strings-result.json");

        CommandRun fresh = verify("--annotations=" + file, "--json=" + json);
        assertThat(fresh.status()).as(fresh.out() + fresh.errors()).isZero();
        assertThat(read(json).get("targets").getAsInt())
                .isEqualTo(coco.getAsJsonArray("annotations").size());
        assertThat(fresh.errors()).noneMatch(line -> line.contains("lacks categories"));

        CommandRun known =
                verify(
                        "--annotations=" + file,
                        "--model=" + model("frn", "ellipse"),
                        "--json=" + json);
        assertThat(known.status()).as(known.out() + known.errors()).isZero();
        assertThat(read(json).get("targets").getAsInt()).isEqualTo(ellipses);
        // in the order of the strings c11, c2, c4 and c7
        assertThat(known.errors())
                .contains(
                        "the model lacks categories of "
                                + file
                                + ", whose boxes are left out: cross, rectangle, triangle, star");
    }

    /** Makes a string of an id and returns it. */
    private static String nameId(JsonObject record, String name) {
        String id = "c" + record.get(name).getAsInt();
        record.addProperty(name, id);
        return id;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--batch-size=1",
                "--batch-size=0",
                "--categories=0",
                "--norm=batch",
                "--engine=none",
                "--set=hight=3",
                "--model=nowhere",
                "--annotations=nowhere.json",
                "--json=/nowhere/there/f.json"
            })
    void whatCantBeMeasuredIsOneLine(String option) {
        CommandRun run = verify(option);
        assertThat(run.status()).as(run.out()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.errors().get(0)).startsWith("fern: ");
    }

    @Test
    void optionsOfAFreshNetworkAreRefusedBesideAModel() throws IOException {
        CommandRun run = verify("--model=" + model("frn"), "--norm=bn");
        assertThat(run.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.errors().get(0)).contains("--norm");
    }

    @Test
    void imagesThatShareNoCanvasAreRefused() throws IOException {
        Path one = Files.list(images).sorted().findFirst().orElseThrow();
        CommandRun run = CommandRun.of("verify", "--config=" + config, one.toString());
        assertThat(run.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run.errors().get(0)).contains("at least two images");
    }
}
