package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data sets as other programs write them, to train on. */
class OddDataTest {

    @TempDir Path folder;

    private Path images;
    private String truth;

    @BeforeEach
    void synthesize() throws IOException {
        new ShapesSynthesizer(96, 64, 5).write(folder, Split.TRAIN, 4);
        images = folder.resolve("train");
        truth =
                Files.readString(folder.resolve("annotations/instances_train.json"))
                        .replaceAll("(?<=[:,{\\[])\\s+", "");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private CommandRun train(Path train, Path val) {
        return CommandRun.of(
                "train",
                "--train-annotations=" + train,
                "--train-images=" + images,
                "--val-annotations=" + val,
                "--val-images=" + images,
                "--output=" + folder.resolve("run"),
                "--steps=2",
                "--warmup-steps=0",
                "--batch-size=2",
                "--width=0.125",
                "--min-size=64",
                "--max-size=96",
                "--set=pyramidChannels=16",
                "--set=headConvolutions=1",
                "--set=scoreThreshold=0.0001");
    }

    private String withoutBoxes() {
        return truth.replaceFirst("\"annotations\":\\[.*", "\"annotations\":[]}");
    }

    @Test
    void aTrainingSetWithoutBoxesIsRefused() throws IOException {
        CommandRun run = train(file("none.json", withoutBoxes()), file("val.json", truth));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .endsWith("none.json: has no box to train on");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void validationWithoutBoxesIsTold() throws IOException {
        CommandRun run = train(file("train.json", truth), file("none.json", withoutBoxes()));
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors())
                .anyMatch(
                        line -> line.contains("none.json: has no box to find, so AP is undefined"));
    }

    @Test
    void idsThatAreStringsComeBackInTheDetections() throws IOException {
        String strings =
                truth.replaceAll("\"image_id\":(\\d+)", "\"image_id\":\"f$1\"")
                        .replaceAll("\"category_id\":(\\d+)", "\"category_id\":\"c$1\"")
                        .replaceAll("\"id\":(\\d+),\"file_name", "\"id\":\"f$1\",\"file_name")
                        .replaceAll("\"id\":(\\d+),\"name", "\"id\":\"c$1\",\"name");
        assertThat(strings).contains("\"id\":\"f1\"", "\"id\":\"c");
        Path annotations = file("strings.json", strings);
        CommandRun run = train(annotations, annotations);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors()).noneMatch(line -> line.contains("warning"));
        Path found = folder.resolve("run/detections.json");
        assertThat(found).content().contains("\"image_id\":\"f1\",\"category_id\":\"c");
        CommandRun evaluation =
                CommandRun.of("evaluate", "--annotations=" + annotations, "--detections=" + found);
        assertThat(evaluation.status()).as(evaluation.errors().toString()).isZero();
        assertThat(evaluation.errors()).containsExactly("");
        Path json = folder.resolve("found.json");
        CommandRun detection =
                CommandRun.of(
                        "detect",
                        "--model=" + folder.resolve("run/best"),
                        "--annotations=" + annotations,
                        "--json=" + json,
                        "--score-threshold=0.0001",
                        images.toString());
        assertThat(detection.status()).as(detection.errors().toString()).isZero();
        assertThat(json).content().contains("\"image_id\":\"f1\",\"category_id\":1,");
    }

    @ParameterizedTest
    @ValueSource(strings = {"shots\\\\\\\\", "https://bucket.example.com/a/", "/data/upload/3/"})
    void fileNamesOfAnotherMachineAreFoundAndTold(String before) throws IOException {
        Path annotations =
                file(
                        "named.json",
                        truth.replaceAll("\"file_name\":\"", "\"file_name\":\"" + before));
        CommandRun run = train(annotations, annotations);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors())
                .filteredOn(line -> line.contains("4 images have file names"))
                .hasSize(2); // once for training, once for validation
        CommandRun check =
                CommandRun.of(
                        "dataset", "check", "--annotations=" + annotations, "--images=" + images);
        assertThat(check.status()).isZero();
        assertThat(check.out()).contains("4 images have file names", "0 errors");
    }

    @Test
    void fractionsAreToldByCheckAndTrain() throws IOException {
        Path annotations =
                file(
                        "fractions.json",
                        truth.replaceAll("\"bbox\":\\[[^\\]]*\\]", "\"bbox\":[0.1,0.2,0.5,0.25]"));
        CommandRun check = CommandRun.of("dataset", "check", "--annotations=" + annotations);
        assertThat(check.out()).contains("seem to be fractions");
        CommandRun run = train(annotations, file("val.json", truth));
        assertThat(run.errors())
                .filteredOn(line -> line.contains("seem to be fractions"))
                .singleElement()
                .asString()
                .contains("fractions.json");
    }

    @Test
    void imagesWithoutAnnotationsHaveStatistics() throws IOException {
        Path info = file("info.json", truth.replaceFirst(",\"annotations\":\\[.*", "}"));
        CommandRun stats = CommandRun.of("dataset", "stats", "--annotations=" + info);
        assertThat(stats.status()).as(stats.errors().toString()).isZero();
        assertThat(CommandRun.of("dataset", "check", "--annotations=" + info).out())
                .contains("warning: has no \"annotations\"", "0 errors");
    }
}
