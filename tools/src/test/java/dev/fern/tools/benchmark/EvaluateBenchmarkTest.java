package dev.fern.tools.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateBenchmarkTest {

    @TempDir Path folder;

    @Test
    void filesOfTheSizeAskedForAreMadeMeasuredAndKept() throws IOException {
        Path json = folder.resolve("speed.json");
        Path kept = folder.resolve("kept");
        CommandRun run =
                CommandRun.of(
                        "benchmark",
                        "evaluate",
                        "--images=50",
                        "--categories=3",
                        "--detections=700",
                        "--repeats=2",
                        "--keep=" + kept,
                        "--json=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out()).contains("process ", "load ", "evaluate ", "load and evaluate ");
        JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(root.get("boxes").getAsInt()).isEqualTo(368);
        JsonObject measured = root.getAsJsonObject("measured");
        assertThat(measured.keySet()).contains("process", "load", "evaluate", "load_and_evaluate");
        assertThat(measured.getAsJsonObject("process").get("median_ms").getAsDouble())
                .isBetween(50.0, 60_000.0);

        CocoDataset dataset = CocoDataset.read(kept.resolve("annotations.json"));
        assertThat(dataset.images()).hasSize(50);
        assertThat(dataset.categories()).hasSize(3);
        assertThat(dataset.annotations()).hasSize(368);
        assertThat(CocoResults.read(kept.resolve("detections.json")).size()).isEqualTo(700);
    }

    @Test
    void sizesBelowOneAreRefused() {
        CommandRun run = CommandRun.of("benchmark", "evaluate", "--detections=0");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).hasSize(1).first().asString().contains("--detections");
    }
}
