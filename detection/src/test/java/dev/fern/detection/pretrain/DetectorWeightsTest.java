package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.SgdOptimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DetectorWeightsTest {

    private static final CanvasRule RULE = new CanvasRule(96, 128);

    /** All candidates and all detections, so that none is crowded out by new categories. */
    private static final PostProcessing ALL = new PostProcessing(0.2, 0.5, 100_000, 100_000);

    private static final CocoCategory CELL = new CocoCategory(3, "cell", "blood");
    private static final CocoCategory CLOT = new CocoCategory(8, "clot", "");
    private static final CocoCategory WORM = new CocoCategory(5, "worm", "");

    @TempDir Path folder;

    private Path write(DetectorConfiguration configuration) throws IOException {
        Path model = folder.resolve("model");
        try (Detector detector = TinyDetectors.lively(configuration, 3)) {
            ModelDirectory.write(model, configuration, detector.copyParameters());
        }
        return model;
    }

    private static TrainingConfiguration settings(DetectorWeights weights, String more) {
        JsonObject given = JsonParser.parseString("{" + more + "}").getAsJsonObject();
        given.addProperty("weights", weights.directory().toString());
        given.addProperty("engine", TinyDetectors.ENGINE);
        given.addProperty("devices", "cpu");
        return TrainingConfiguration.of(List.of(weights.settings(), given));
    }

    private static Detector started(
            DetectorWeights weights, String more, List<CocoCategory> categories)
            throws IOException {
        TrainingConfiguration settings = settings(weights, more);
        Detector detector =
                settings.newDetector(weights.architecture(settings.network()), categories);
        weights.copyInto(detector);
        return detector;
    }

    /** Returns what is found of one category, without its place in the model. */
    private static List<List<Float>> found(Detector detector, BgrImage image, String category) {
        List<CocoCategory> categories = detector.configuration().categories();
        return detector.detect(image).stream()
                .filter(found -> categories.get(found.category()).name().equals(category))
                .map(DetectorWeightsTest::numbers)
                .toList();
    }

    private static List<Float> numbers(Detection d) {
        return List.of(d.x1(), d.y1(), d.x2(), d.y2(), d.score());
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "frozen-bn", "gn8"})
    void keptCategoriesAreDetectedExactlyAsBeforeWhateverTheirNewPlace(String norm)
            throws IOException {
        DetectorWeights weights =
                DetectorWeights.read(write(TinyDetectors.configuration(norm, RULE, ALL)));
        Path file = TestImages.write(folder.resolve("image.png"), 120, 90, 4);
        List<CocoCategory> categories =
                List.of(new CocoCategory(1, "Clot", ""), WORM, new CocoCategory(9, "cell", ""));
        String post =
                "'scoreThreshold': 0.2, 'candidatesPerLevel': 100000, 'maxDetections': 100000";
        try (BgrImage image = ImageReader.standard().read(file);
                Detector before = Detector.load(weights.directory(), TinyDetectors.ENGINE);
                Detector now = started(weights, post.replace('\'', '"'), categories)) {
            assertThat(found(before, image, "cell")).hasSizeGreaterThan(10);
            assertThat(found(now, image, "cell")).isEqualTo(found(before, image, "cell"));
            assertThat(found(before, image, "clot")).hasSizeGreaterThan(10);
            assertThat(found(now, image, "Clot")).isEqualTo(found(before, image, "clot"));
            assertThat(found(now, image, "worm")).isEmpty(); // every score starts at 0.01
        }
    }

    @Test
    void aBackboneThatNoSettingsDescribeIsTakenAsItIs() throws IOException {
        DetectorConfiguration model = TinyDetectors.smallest("frn", RULE);
        DetectorWeights weights = DetectorWeights.read(write(model));
        assertThat(weights.settings().keySet()).doesNotContain("backbone", "width");
        try (Detector now = started(weights, "", List.of(CELL, CLOT))) {
            assertThat(now.configuration().architecture()).isEqualTo(model.architecture());
            assertThat(now.copyParameters())
                    .isEqualTo(ModelDirectory.readParameters(weights.directory()));
        }
        TrainingConfiguration other = settings(weights, "\"backbone\": \"resnet50\"");
        assertThatThrownBy(() -> weights.architecture(other.network()))
                .hasMessageContaining("backbone is resnet50");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"backbone\": \"resnet34\" | backbone is resnet34, the model's is resnet18",
                "\"width\": 1 | width is 1.0, the model's is 0.25",
                "\"pyramidChannels\": 32 | pyramidChannels is 32, the model's is 16",
                "\"headConvolutions\": 1 | headConvolutions is 1, the model's is 4",
                "\"headNorm\": \"gn8\" | headNorm is \"gn8\", the model's is \"none\"",
                "\"anchorRatios\": [1] | anchorRatios is [1.0], the model's is [0.5,1.0,2.0]",
                "\"norm\": \"gn8\" | the norm gn8 where that has frn"
            })
    void settingsThatContradictTheModelAreRefusedByName(String more, String message)
            throws IOException {
        DetectorWeights weights =
                DetectorWeights.read(write(TinyDetectors.configuration("frn", RULE, ALL)));
        TrainingConfiguration settings = settings(weights, more);
        assertThatThrownBy(() -> weights.architecture(settings.network()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(weights.directory().toString())
                .hasMessageContaining(message);
    }

    @Test
    void settingsThatSayTheSameAreTaken() throws IOException {
        DetectorConfiguration model = TinyDetectors.configuration("frn", RULE, ALL);
        DetectorWeights weights = DetectorWeights.read(write(model));
        // 0.252 times 64 is rounded to the model's 16 channels
        TrainingConfiguration same =
                settings(
                        weights, "\"backbone\": \"resnet18\", \"width\": 0.252, \"norm\": \"frn\"");
        Architecture shape = weights.architecture(same.network());
        assertThat(shape).isEqualTo(model.architecture());
        assertThat(same.images().canvasRule()).isEqualTo(RULE);
    }

    @Test
    void batchNormGivesWayToAnotherNormThatStartsAnew() throws IOException {
        DetectorWeights weights =
                DetectorWeights.read(write(TinyDetectors.configuration("bn", RULE, ALL)));
        Map<String, Tensor> trained = ModelDirectory.readParameters(weights.directory());
        try (Detector now = started(weights, "\"norm\": \"frn\"", List.of(CELL, CLOT))) {
            assertThat(weights.changesNorms(now.configuration().architecture())).isTrue();
            now.copyParameters()
                    .forEach(
                            (name, value) -> {
                                if (trained.containsKey(name) && name.endsWith(".weight")) {
                                    assertThat(value).as(name).isEqualTo(trained.get(name));
                                } else if (name.startsWith("backbone.")) {
                                    float start = name.endsWith(".gamma") ? 1 : 0;
                                    assertThat(value.data()).as(name).containsOnly(start);
                                }
                            });
        }
    }

    @Test
    void frozenStagesAndBatchNormsHaveNoPlaceInTheOptimizer() throws IOException {
        DetectorWeights weights =
                DetectorWeights.read(write(TinyDetectors.configuration("bn", RULE, ALL)));
        String freeze = "\"freezeStages\": 2, \"freezeBatchNorm\": true, \"weightDecay\": 0.1";
        TrainingConfiguration settings = settings(weights, freeze);
        try (Detector now = started(weights, freeze, List.of(CELL, CLOT))) {
            assertThat(now.configuration().architecture().backbone().norm().id())
                    .isEqualTo("frozen-bn");
            assertThat(now.copyParameters())
                    .isEqualTo(ModelDirectory.readParameters(weights.directory()));
            SgdOptimizer optimizer =
                    SgdOptimizer.of(settings.optimization(), settings.loop(), now.network());
            assertThat(optimizer.copyState().keySet())
                    .contains("backbone.layer2.0.conv1.weight", "classification.output.bias")
                    .noneMatch(name -> name.startsWith("backbone.conv1."))
                    .noneMatch(name -> name.startsWith("backbone.layer1."))
                    .noneMatch(name -> name.startsWith("backbone.") && name.contains("norm"));
        }
    }

    @Test
    void aRunStandsForItsBestModelOrElseItsLast() throws IOException {
        Path model = write(TinyDetectors.configuration("frn", RULE, ALL));
        Path run = Files.createDirectories(folder.resolve("run"));
        Files.move(model, run.resolve("last"));
        assertThat(DetectorWeights.read(run).directory()).isEqualTo(run.resolve("last"));
        Files.move(run.resolve("last"), run.resolve("best"));
        assertThat(DetectorWeights.read(run).directory()).isEqualTo(run.resolve("best"));
        assertThatThrownBy(() -> DetectorWeights.read(folder.resolve("none")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.resolve("none").toString());
        assertThat(
                        DetectorWeights.startOf(
                                TrainingConfiguration.of(List.of(new JsonObject())).network()))
                .isEqualTo(Optional.empty());
    }

    @Test
    void weightsThatAreNotThoseOfTheirModelAreRefused() throws IOException {
        Path model = write(TinyDetectors.configuration("frn", RULE, ALL));
        DetectorWeights weights = DetectorWeights.read(model);
        Map<String, Tensor> values = ModelDirectory.readParameters(model);
        values.remove("regression.output.bias");
        ModelDirectory.write(model, weights.model(), values);
        TrainingConfiguration settings = settings(weights, "");
        try (Detector fresh =
                settings.newDetector(
                        weights.architecture(settings.network()), List.of(CELL, CLOT))) {
            assertThatThrownBy(() -> weights.copyInto(fresh))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("regression.output.bias is missing");
        }
    }
}
