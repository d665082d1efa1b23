package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fern train} makes of weights, and of categories whose ids differ. */
class TrainFromWeightsTest {

    @TempDir static Path data;

    private static Path trained;

    @TempDir Path folder;

    @BeforeAll
    static void trainOneEpoch() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(data, Split.TRAIN, 4);
        trained = data.resolve("trained");
        CommandRun training =
                TrainingProcess.inThisProcess(data, trained, "--epochs=1", "--lr=0.01");
        assertThat(training.status()).as(training.errors().toString()).isZero();
    }

    private Path output() {
        return folder.resolve("run");
    }

    /** Trains with what is given alone. */
    private CommandRun train(Path annotations, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--train-annotations=" + annotations,
                                "--train-images=" + data.resolve("train"),
                                "--val-annotations=" + annotations(),
                                "--val-images=" + data.resolve("train"),
                                "--engine=" + System.getProperty("ai.djl.default_engine", "MXNet"),
                                "--lr=0.01"));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static Path annotations() {
        return data.resolve("annotations/instances_train.json");
    }

    /** Writes the annotations with other categories and returns the file. */
    private Path changed(Consumer<JsonObject> change) throws IOException {
        JsonObject coco = json(annotations());
        change.accept(coco);
        return Files.writeString(folder.resolve("changed.json"), coco.toString());
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    /** Turns the ids of all five categories round: 1 becomes 5 and 5 becomes 1. */
    private static void turnIds(JsonObject coco) {
        for (JsonElement category : coco.getAsJsonArray("categories")) {
            turn(category.getAsJsonObject(), "id");
        }
        for (JsonElement annotation : coco.getAsJsonArray("annotations")) {
            turn(annotation.getAsJsonObject(), "category_id");
        }
    }

    private static void turn(JsonObject record, String name) {
        record.addProperty(name, 6 - record.get(name).getAsInt());
    }

    private static void rename(JsonObject coco, String from, String to) {
        for (JsonElement category : coco.getAsJsonArray("categories")) {
            if (category.getAsJsonObject().get("name").getAsString().equals(from)) {
                category.getAsJsonObject().addProperty("name", to);
            }
        }
    }

    private void assertRefused(CommandRun refused, String... parts) {
        assertThat(refused.status()).as(refused.errors().toString()).isEqualTo(2);
        assertThat(refused.complaints()).singleElement().asString().contains(parts);
        assertThat(output()).doesNotExist();
    }

    @Test
    void aTrainingStartsFromTheDetectorOfARunAndSaysWhatItTook() throws IOException {
        Path annotations =
                changed(
                        coco -> {
                            turnIds(coco);
                            rename(coco, "star", "asterisk");
                        });
        CommandRun run =
                train(annotations, "--weights=" + trained, "--steps=1", "--output=" + output());
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors())
                .contains(
                        "backbone, pyramid and heads start from " + trained.resolve("best"),
                        "outputs kept: ellipse, rectangle, triangle, cross",
                        "outputs made new: asterisk",
                        "outputs left out: star");
        // The network and its images are those of the model, not the defaults.
        JsonObject settings = json(output().resolve("config.json"));
        assertThat(settings.get("pyramidChannels").getAsInt()).isEqualTo(8);
        assertThat(settings.get("headConvolutions").getAsInt()).isZero();
        assertThat(settings.get("minSize").getAsInt()).isEqualTo(64);
        assertThat(json(output().resolve("best/model.json")).getAsJsonObject("architecture"))
                .isEqualTo(
                        json(trained.resolve("best/model.json")).getAsJsonObject("architecture"));
    }

    @Test
    void whatContradictsTheWeightsIsRefusedByName() throws IOException {
        String weights = "--weights=" + trained.resolve("last");
        String output = "--output=" + output();
        assertRefused(
                train(annotations(), weights, output, "--backbone=resnet50"),
                "backbone is resnet50, the model's is resnet18");
        assertRefused(
                train(annotations(), weights, output, "--set=pyramidChannels=16"),
                "pyramidChannels is 16, the model's is 8");
        assertRefused(
                train(annotations(), weights, output, "--backbone-weights=" + trained),
                "weights and backboneWeights are both given");
        assertRefused(train(annotations(), "--weights=" + folder, output), "not a model directory");
    }

    @Test
    void aRunFromWeightsIsResumedWithoutThemAndExactly() throws IOException {
        Path weights = folder.resolve("weights");
        copy(trained.resolve("best"), weights);
        CommandRun whole =
                train(
                        annotations(),
                        "--weights=" + weights,
                        "--epochs=2",
                        "--freeze-stages=2",
                        "--output=" + output());
        assertThat(whole.status()).as(whole.errors().toString()).isZero();
        Path last = output().resolve("last");
        var expected = SafeTensors.read(last.resolve("parameters.safetensors"));
        var before = SafeTensors.read(weights.resolve("parameters.safetensors"));
        assertThat(expected.get("backbone.layer1.0.conv1.weight"))
                .isEqualTo(before.get("backbone.layer1.0.conv1.weight"));
        assertThat(expected.get("backbone.layer2.0.conv1.weight"))
                .isNotEqualTo(before.get("backbone.layer2.0.conv1.weight"));
        delete(last);
        delete(weights);
        CommandRun resumed = train(annotations(), "--resume", "--output=" + output());
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(SafeTensors.read(last.resolve("parameters.safetensors"))).isEqualTo(expected);
    }

    /** Trains from the backbone of a detector, with all settings but those of the backbone. */
    private CommandRun trainFromBackbone(Path backbone, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--backbone-weights=" + backbone,
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0",
                                "--min-size=64",
                                "--max-size=64",
                                "--output=" + output()));
        arguments.addAll(List.of(more));
        return train(annotations(), arguments.toArray(String[]::new));
    }

    private Path backbone() throws IOException {
        JsonObject settings =
                JsonParser.parseString(
                                """
                                {"backbone": "resnet34", "width": 0.0625, "norm": "bn",
                                 "pyramidChannels": 8, "headConvolutions": 0,
                                 "pixelMean": [0.5, 0.25, 0.5]}
                                """)
                        .getAsJsonObject();
        Path directory = folder.resolve("backbone");
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(1, "thing", "")))) {
            ModelDirectory.write(directory, detector.configuration(), detector.copyParameters());
        }
        return directory;
    }

    @Test
    void theBackboneOfAFreshDetectorHasTheShapeOfItsWeightsAndKeepsIt() throws IOException {
        Path backbone = backbone();
        CommandRun whole = trainFromBackbone(backbone, "--norm=frozen-bn", "--epochs=2");
        assertThat(whole.status()).as(whole.errors().toString()).isZero();
        String taken = "settings taken over from ";
        assertThat(whole.errors())
                .contains(
                        taken
                                + backbone
                                + ": backbone resnet34, width 0.0625, pixelMean [0.5,0.25,0.5]",
                        "the backbone starts from " + backbone)
                .noneMatch(line -> line.startsWith("warning: these weights"));
        JsonObject settings = json(output().resolve("config.json"));
        assertThat(settings.get("backbone").getAsString()).isEqualTo("resnet34");
        assertThat(settings.get("width").getAsDouble()).isEqualTo(0.0625);
        assertThat(settings.get("norm").getAsString()).isEqualTo("frozen-bn");
        assertThat(settings.get("pixelMean").toString()).isEqualTo("[0.5,0.25,0.5]");
        assertThat(settings.get("minSize").getAsInt()).isEqualTo(64);

        Path last = output().resolve("last");
        var expected = SafeTensors.read(last.resolve("parameters.safetensors"));
        delete(last);
        delete(backbone);
        CommandRun resumed = train(annotations(), "--resume", "--output=" + output());
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(resumed.errors()).noneMatch(line -> line.startsWith(taken));
        assertThat(SafeTensors.read(last.resolve("parameters.safetensors"))).isEqualTo(expected);
    }

    @Test
    void whatContradictsABackboneIsRefusedByName() throws IOException {
        Path backbone = backbone();
        assertRefused(
                trainFromBackbone(backbone, "--backbone=resnet18"),
                "resnet18 where that is resnet34");
        assertRefused(
                trainFromBackbone(backbone, "--width=0.125"),
                "widths 8; [8, 16, 32, 64] where that has 4; [4, 8, 16, 32]");
    }

    @Test
    void aRunGoesOnWithItsOwnCategoriesWhereTheIdsHaveChanged() throws IOException {
        copy(trained, output());
        Path turned = changed(TrainFromWeightsTest::turnIds);
        CommandRun forced =
                train(turned, "--resume", "--force", "--epochs=2", "--output=" + output());
        assertThat(forced.status()).as(forced.errors().toString()).isZero();
        assertThat(forced.errors())
                .anyMatch(line -> line.startsWith("categories are matched by name: "));
        assertThat(json(output().resolve("last/model.json")).get("categories"))
                .isEqualTo(json(trained.resolve("last/model.json")).get("categories"));
        Path unknown = changed(coco -> rename(coco, "star", "asterisk"));
        CommandRun refused =
                train(unknown, "--resume", "--force", "--epochs=3", "--output=" + output());
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("the run does not know the category 'asterisk'");
    }

    @Test
    void validationCategoriesAreMatchedByNameOrRefused() throws IOException {
        String[] steps = {"--weights=" + trained, "--steps=1", "--output=" + output()};
        CommandRun turned = train(changed(TrainFromWeightsTest::turnIds), steps);
        assertThat(turned.status()).as(turned.errors().toString()).isZero();
        assertThat(turned.errors())
                .anyMatch(
                        line ->
                                line.startsWith("categories are matched by name: ")
                                        && line.contains("ellipse 5 and 1"));
        delete(output());
        Path others =
                changed(
                        coco ->
                                coco.getAsJsonArray("categories")
                                        .forEach(
                                                c ->
                                                        c.getAsJsonObject()
                                                                .addProperty(
                                                                        "name",
                                                                        "new "
                                                                                + c.getAsJsonObject()
                                                                                        .get(
                                                                                                "id"))));
        assertRefused(train(others, steps), "no category is one of the training set's");
    }

    @Test
    void aRangeTestDrawsThePlotAndWritesNothingElse() throws IOException {
        Path plot = folder.resolve("plot.png");
        CommandRun run = train(annotations(), "--weights=" + trained, "--lr-find=" + plot);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors()).anyMatch(line -> line.startsWith("the loss falls"));
        assertThat(ImageIO.read(plot.toFile()).getWidth()).isGreaterThan(300);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(plot);
        }
        assertThat(train(annotations(), "--lr-find=" + plot, "--output=" + output()).status())
                .isEqualTo(2);
        assertRefused(
                train(annotations(), "--lr-find=" + plot, "--resume"), "a training that begins");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
