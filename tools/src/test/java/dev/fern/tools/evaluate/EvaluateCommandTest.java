package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

    private static final Path PARITY =
            Path.of(
                    System.getProperty("fern.shared", "../shared"),
                    "parity/cocoeval/fixtures/val2014_100");

    @TempDir Path folder;

    @Test
    void theJsonHoldsTheNumbersOfPycocotoolsToTheLastBit() throws IOException {
        Assumptions.assumeTrue(
                Files.isDirectory(PARITY), "skipped: no reference results at " + PARITY);
        Path json = folder.resolve("numbers.json");
        CommandRun run =
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + PARITY.resolve("gt.json"),
                        "--detections=" + PARITY.resolve("dt.json"),
                        "--per-category",
                        "--json=" + json,
                        "--arrays=" + folder.resolve("arrays.npz"));
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonObject numbers = read(json).getAsJsonObject();
        int i = 0;
        for (Map.Entry<String, JsonElement> stat : numbers.getAsJsonObject("stats").entrySet()) {
            assertThat(stat.getValue().getAsDouble())
                    .as(stat.getKey())
                    .isEqualTo(
                            read(PARITY.resolve("expected.json"))
                                    .getAsJsonObject()
                                    .getAsJsonArray("stats")
                                    .get(i++)
                                    .getAsDouble());
        }
        assertThat(i).isEqualTo(12);
        assertThat(numbers.getAsJsonArray("per_category")).isNotEmpty();
        assertThat(folder.resolve("arrays.npz")).isNotEmptyFile();
    }

    @Test
    void detectionsOfDetectScoreAsTheModelDoes() throws IOException {
        new ShapesSynthesizer(96, 64, 5).write(folder, Split.TRAIN, 8);
        String annotations = folder.resolve("annotations/instances_train.json").toString();
        String images = folder.resolve("train").toString();
        Path model = folder.resolve("run/best");
        CommandRun training =
                CommandRun.of(
                        "train",
                        "--train-annotations=" + annotations,
                        "--train-images=" + images,
                        "--val-annotations=" + annotations,
                        "--val-images=" + images,
                        "--output=" + folder.resolve("run"),
                        "--epochs=6",
                        "--width=0.125",
                        "--lr=0.02",
                        "--warmup-steps=2",
                        "--min-size=64",
                        "--max-size=96",
                        "--set=pyramidChannels=16",
                        "--set=headConvolutions=1",
                        "--set=evaluateEvery=6",
                        "--set=scoreThreshold=0.01");
        assertThat(training.status()).as(training.errors().toString()).isZero();
        assertThat(folder.resolve("run/loss.png")).isNotEmptyFile();
        CommandRun ofModel =
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + annotations,
                        "--images=" + images,
                        "--model=" + model,
                        "--report=" + folder.resolve("report.html"),
                        "--batch-size=3");
        assertThat(ofModel.status()).as(ofModel.errors().toString()).isZero();
        assertThat(folder.resolve("report.html"))
                .content()
                .contains("best on instances_train.json", "data:image/jpeg");
        Path found = folder.resolve("found.json");
        CommandRun detection =
                CommandRun.of(
                        "detect",
                        "--model=" + model,
                        "--score-threshold=0.01",
                        "--annotations=" + annotations,
                        "--json=" + found,
                        "--output=" + folder.resolve("drawn"),
                        images);
        assertThat(detection.status()).as(detection.errors().toString()).isZero();
        assertThat(read(found).getAsJsonArray()).isNotEmpty();
        assertThat(folder.resolve("drawn")).isNotEmptyDirectory();
        CommandRun ofFile =
                CommandRun.of("evaluate", "--annotations=" + annotations, "--detections=" + found);
        assertThat(ofFile.status()).as(ofFile.errors().toString()).isZero();
        assertThat(ofFile.out()).isEqualTo(ofModel.out()).contains("Average Precision");
    }

    private static JsonElement read(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file));
    }
}
