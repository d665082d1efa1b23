package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import dev.fern.tools.train.TrainingProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code fern evaluate --model} makes of annotations whose category ids are others. */
class EvaluateCategoriesTest {

    @TempDir static Path data;

    @TempDir Path folder;

    @BeforeAll
    static void train() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(data, Split.TRAIN, 4);
        // A model of a few steps that reports what it is least sure of.
        CommandRun training =
                TrainingProcess.inThisProcess(
                        data,
                        data.resolve("run"),
                        "--steps=6",
                        "--lr=0.05",
                        "--warmup-steps=0",
                        "--set=scoreThreshold=0.001");
        assertThat(training.status()).as(training.errors().toString()).isZero();
    }

    private static Path annotations() {
        return data.resolve("annotations/instances_train.json");
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    private Path withIds(LongUnaryOperator id) throws IOException {
        JsonObject coco = json(annotations());
        List<JsonElement> categories = coco.getAsJsonArray("categories").asList();
        categories.forEach(c -> map(c, "id", id));
        coco.getAsJsonArray("annotations").forEach(a -> map(a, "category_id", id));
        return Files.writeString(folder.resolve("other.json"), coco.toString());
    }

    private static void map(JsonElement record, String name, LongUnaryOperator id) {
        JsonObject object = record.getAsJsonObject();
        object.addProperty(name, id.applyAsLong(object.get(name).getAsLong()));
    }

    private CommandRun evaluate(Path annotations, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "evaluate",
                                "--annotations=" + annotations,
                                "--images=" + data.resolve("train"),
                                "--model=" + data.resolve("run/last"),
                                "--engine="
                                        + System.getProperty("ai.djl.default_engine", "MXNet")));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 4})
    void theScoresAreThoseOfTheSameDataWithMatchingIds(long shift) throws IOException {
        Path found = folder.resolve("found.json");
        Path scores = folder.resolve("scores.json");
        CommandRun plain =
                evaluate(annotations(), "--save-detections=" + found, "--json=" + scores);
        assertThat(plain.status()).as(plain.errors().toString()).isZero();
        assertThat(plain.errors()).noneMatch(line -> line.contains("categories"));
        // no two ids below 11 become one
        LongUnaryOperator id = old -> (3 * old + shift) % 11;
        Path otherFound = folder.resolve("other-found.json");
        Path otherScores = folder.resolve("other-scores.json");
        CommandRun other =
                evaluate(withIds(id), "--save-detections=" + otherFound, "--json=" + otherScores);
        assertThat(other.status()).as(other.errors().toString()).isZero();
        assertThat(other.errors())
                .filteredOn(line -> line.startsWith("categories are matched by name: "))
                .hasSize(1);
        JsonObject otherStats = json(otherScores).getAsJsonObject("stats");
        json(scores)
                .getAsJsonObject("stats")
                .asMap()
                .forEach(
                        (name, score) -> // the mean over categories is taken in another order
                        assertThat(otherStats.get(name).getAsDouble())
                                        .as(name)
                                        .isCloseTo(score.getAsDouble(), within(1e-12)));
        assertThat(json(scores).getAsJsonObject("stats").get("AR100").getAsDouble()).isPositive();
        JsonArray expected = JsonParser.parseString(Files.readString(found)).getAsJsonArray();
        expected.forEach(detection -> map(detection, "category_id", id));
        assertThat(expected).isNotEmpty();
        assertThat(JsonParser.parseString(Files.readString(otherFound))).isEqualTo(expected);
    }

    @Test
    void categoriesThatOneSideLacksAreNamed() throws IOException {
        JsonObject coco = json(annotations());
        coco.getAsJsonArray("categories").get(0).getAsJsonObject().addProperty("name", "circle");
        Path renamed = Files.writeString(folder.resolve("renamed.json"), coco.toString());
        CommandRun run = evaluate(renamed);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors())
                .anyMatch(
                        line ->
                                line.startsWith("warning: the model lacks categories of " + renamed)
                                        && line.contains("count as missed: circle ("))
                .anyMatch(line -> line.endsWith("whose detections are left out: ellipse"));
    }

    @Test
    void aFileWithoutOneOfTheModelsCategoriesIsRefusedUnlessTheyCountAsOne() throws IOException {
        JsonObject coco = json(annotations());
        for (JsonElement category : coco.getAsJsonArray("categories")) {
            JsonObject object = category.getAsJsonObject();
            object.addProperty("name", "thing " + object.get("id"));
        }
        Path others = Files.writeString(folder.resolve("others.json"), coco.toString());
        CommandRun run = evaluate(others);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .contains(others.toString(), "thing 1", "ellipse");
        assertThat(evaluate(others, "--class-agnostic").status()).isZero();
    }
}
