package dev.fern.tools.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import dev.fern.tools.train.TrainingProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchmarkCommandTest {

    @TempDir Path folder;

    private CommandRun run(String what, String... more) {
        String[] arguments = new String[9 + more.length];
        String[] first = {
            "benchmark",
            what,
            "--width=0.125",
            "--set=pyramidChannels=8",
            "--set=headConvolutions=0",
            "--image-size=64x48",
            "--min-size=48",
            "--max-size=64",
            "--warm-up=1"
        };
        System.arraycopy(first, 0, arguments, 0, first.length);
        System.arraycopy(more, 0, arguments, first.length, more.length);
        return CommandRun.of(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "detect"})
    void everyNormIsTimedAsOftenAsAsked(String what) throws IOException {
        Path json = folder.resolve("figures.json");
        CommandRun run = run(what, "--norms=frn,bn", "--repeats=3", "--json=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonObject figures = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(figures.get("benchmark").getAsString()).isEqualTo(what);
        assertThat(figures.get("canvas").getAsString()).isEqualTo("64x64");
        JsonArray results = figures.getAsJsonArray("results");
        assertThat(results).hasSize(2);
        for (int i = 0; i < 2; i++) {
            JsonObject result = results.get(i).getAsJsonObject();
            assertThat(result.get("norm").getAsString()).isEqualTo(i == 0 ? "frn" : "bn");
            assertThat(result.get("repeats").getAsInt()).isEqualTo(3);
            double median = result.get("median_ms").getAsDouble();
            assertThat(median)
                    .isPositive()
                    .isBetween(
                            result.get("least_ms").getAsDouble(),
                            result.get("upper_quartile_ms").getAsDouble());
            assertThat(result.get("median_ms_per_image").getAsDouble())
                    .isEqualTo(
                            median
                                    / result.getAsJsonObject("settings")
                                            .get("batchSize")
                                            .getAsInt());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--image-size=64",
                "--repeats=0",
                "--norms=batch",
                "--categories=0",
                "--warm-up=-1"
            })
    void whatCantBeTimedIsOneLine(String option) {
        CommandRun run = run("train", option);
        assertThat(run.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run.errors()).hasSize(1);
    }

    @Test
    void frnIsTimedBesideWhatItIsComparedWith() throws IOException {
        Path json = folder.resolve("figures.json");
        CommandRun run =
                CommandRun.of(
                        "benchmark",
                        "frn",
                        "--shapes=1x4x6x5,2x3x1x1",
                        "--repeats=3",
                        "--warm-up=0",
                        "--json=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonArray results =
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .getAsJsonArray("results");
        assertThat(results).hasSize(8);
        results.forEach(
                result ->
                        assertThat(result.getAsJsonObject().get("median_ms").getAsDouble())
                                .isPositive());
        for (String wrong : List.of("--shapes=2x3", "--engine=none", "--repeats=0", "--only=frn")) {
            CommandRun refused = CommandRun.of("benchmark", "frn", wrong);
            assertThat(refused.status()).isEqualTo(ExitStatus.BAD_INPUT);
            assertThat(refused.errors()).hasSize(1);
        }
    }

    @Test
    void frnIsTimedAloneToo() {
        CommandRun run =
                CommandRun.of("benchmark", "frn", "--shapes=1x2x3x4", "--only=copy", "--repeats=1");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out()).contains("copy").doesNotContain("FRN", "BN");
    }

    @Test
    void loadingIsTimedAloneAndUnderDetection() throws IOException {
        new ShapesSynthesizer(64, 64, 1).write(folder, Split.TRAIN, 5);
        Path trained = folder.resolve("run");
        assertThat(TrainingProcess.inThisProcess(folder, trained, "--steps=1").status()).isZero();
        String model = "--model=" + trained.resolve("last");
        String images = folder.resolve("train").toString();
        Path json = folder.resolve("figures.json");
        CommandRun run =
                CommandRun.of(
                        "benchmark",
                        "load",
                        model,
                        "--batch-size=2",
                        "--repeats=2",
                        "--json=" + json,
                        images);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonObject figures = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(figures.get("images").getAsInt()).isEqualTo(5);
        double detection = median(figures, "detection");
        assertThat(median(figures, "loader")).isPositive();
        assertThat(median(figures, "waiting")).isBetween(0.0, detection);
        CommandRun refused = CommandRun.of("benchmark", "load", model, "--repeats=0", images);
        assertThat(refused.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(refused.errors()).hasSize(1);
    }

    private static double median(JsonObject figures, String what) {
        return figures.getAsJsonObject(what).get("median_ms").getAsDouble();
    }
}
