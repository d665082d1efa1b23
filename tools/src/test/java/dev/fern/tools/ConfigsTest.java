package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recipes in {@code configs}. */
class ConfigsTest {

    private static final Path CONFIGS = Path.of("..", "configs");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(CONFIGS)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    private static TrainingConfiguration read(String name) throws IOException {
        return read(CONFIGS.resolve(name));
    }

    private static TrainingConfiguration read(Path file) throws IOException {
        JsonObject settings = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        return TrainingConfiguration.of(List.of(settings));
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyRecipeIsTakenAndExplained(Path file) throws IOException {
        assertThat(read(file)).isNotNull();
        String readme = Files.readString(CONFIGS.resolve("README.md"));
        assertThat(readme).contains("[`" + file.getFileName() + "`](" + file.getFileName() + ")");
    }

    @Test
    void thePapersRecipeMakesStepsOf64Images() throws IOException {
        TrainingConfiguration recipe = read("coco-frn-resnet101.json");
        assertThat(recipe.loop().batchSize() * recipe.loop().accumulate()).isEqualTo(64);
        assertThat(recipe.loop().steps()).isEqualTo(125_000);
    }

    /** One step with small images; all else is the recipe's. */
    @Test
    void twelveEpochsOfCocoAreStepsOf16Images(@TempDir Path folder) throws IOException {
        String name = "coco-frn-resnet50.json";
        TrainingConfiguration recipe = read(name);
        assertThat(recipe.loop().batchSize() * recipe.loop().accumulate()).isEqualTo(16);
        assertThat(recipe.loop().epochs()).isEqualTo(12);
        new ShapesSynthesizer(64, 64, 1).write(folder, Split.TRAIN, 2);
        CommandRun run =
                CommandRun.of(
                        "train",
                        "--verbose",
                        "--config=" + CONFIGS.resolve(name),
                        "--train-annotations=" + folder.resolve("annotations/instances_train.json"),
                        "--train-images=" + folder.resolve("train"),
                        "--output=" + folder.resolve("run"),
                        "--min-size=64",
                        "--max-size=64",
                        "--batch-size=2",
                        "--accumulate=1",
                        "--steps=1");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(folder.resolve("run/last")).isDirectory();
    }

    @Test
    void fineTuningFreezesWhatDetectron2Freezes() throws IOException {
        TrainingConfiguration recipe =
                TrainingConfiguration.of(
                        List.of(
                                JsonParser.parseString("{\"norm\": \"bn\"}").getAsJsonObject(),
                                JsonParser.parseString(
                                                Files.readString(CONFIGS.resolve("finetune.json")))
                                        .getAsJsonObject()));
        assertThat(recipe.network().freezeStages()).isEqualTo(2);
        assertThat(recipe.network().norm().id()).isEqualTo("frozen-bn");
    }

    @Test
    void oneTimesFineTuningMakesStepsOf16ImagesAndFallsWhereDetectron2Does() throws IOException {
        TrainingConfiguration recipe = read("coco-finetune-1x.json");
        assertThat(recipe.loop().batchSize() * recipe.loop().accumulate()).isEqualTo(16);
        assertThat(
                        recipe.optimization().milestones().stream()
                                .map(m -> Math.round(m * recipe.loop().steps()))
                                .toList())
                .containsExactly(60_000L, 80_000L);
        assertThat(recipe.network().freezeStages()).isEqualTo(2);
        assertThat(recipe.network().norm().id()).isEqualTo("frozen-bn");
    }
}
