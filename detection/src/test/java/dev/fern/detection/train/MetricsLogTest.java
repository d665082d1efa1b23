package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsLogTest {

    @TempDir Path folder;

    private static TrainingListener.Step step(long step) {
        return new TrainingListener.Step(
                step,
                1,
                Map.of("classification", 0.5, "regression", 0.25),
                0.01,
                3.5,
                4,
                Map.of("positives", 17L),
                0.125);
    }

    @Test
    void aLineIsAStepOrAnEvaluation() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = new MetricsLog(file, Progress.START)) {
            log.step(step(1));
            log.evaluation(1, 1, Map.of("AP", 0.375), Map.of());
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2);
        JsonObject first = JsonParser.parseString(lines.get(0)).getAsJsonObject();
        assertThat(first.keySet())
                .containsExactlyInAnyOrder(
                        "step",
                        "epoch",
                        "classification",
                        "regression",
                        "learningRate",
                        "gradientNorm",
                        "images",
                        "positives",
                        "seconds");
        assertThat(first.get("gradientNorm").getAsDouble()).isEqualTo(3.5);
        JsonObject second = JsonParser.parseString(lines.get(1)).getAsJsonObject();
        assertThat(second.keySet()).containsExactlyInAnyOrder("step", "epoch", "evaluation");
        assertThat(second.getAsJsonObject("evaluation").get("AP").getAsDouble()).isEqualTo(0.375);
    }

    @Test
    void whatCameAfterTheCheckpointIsDropped() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = new MetricsLog(file, Progress.START)) {
            log.step(step(1));
            log.step(step(2));
            log.evaluation(1, 2, Map.of("AP", 0.1), Map.of());
            log.step(step(3));
            log.step(step(4));
            log.evaluation(2, 4, Map.of("AP", 0.2), Map.of());
            log.step(step(5));
        }
        List<String> lines = Files.readAllLines(file);
        new MetricsLog(file, new Progress(2, 0, 4, 0.2, 0)).close();
        assertThat(Files.readAllLines(file)).isEqualTo(lines.subList(0, 6));
        // This is at the epoch's last step but before its evaluation, which comes again.
        new MetricsLog(file, new Progress(1, 2, 4, 0.1, 0)).close();
        assertThat(Files.readAllLines(file)).isEqualTo(lines.subList(0, 5));
        new MetricsLog(file, new Progress(1, 1, 3, 0.1, 0)).close();
        assertThat(Files.readAllLines(file)).isEqualTo(lines.subList(0, 4));
        new MetricsLog(file, Progress.START).close();
        assertThat(Files.readAllLines(file)).isEmpty();
    }

    @Test
    void lineThatWasCutIsDropped() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = new MetricsLog(file, Progress.START)) {
            log.step(step(1));
            log.evaluation(1, 1, Map.of("AP", 0.1), Map.of());
        }
        String whole = Files.readString(file);
        int second = whole.indexOf('\n') + 1;
        for (int length = second; length < whole.length() - 1; length++) {
            Files.writeString(file, whole.substring(0, length));
            new MetricsLog(file, new Progress(1, 0, 1, 0.1, 0)).close();
            assertThat(Files.readString(file))
                    .as("cut after " + length)
                    .isEqualTo(whole.substring(0, second));
        }
    }

    @Test
    void aLineIsOnDiskAsSoonAsItIsWritten() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = new MetricsLog(file, Progress.START)) {
            log.step(step(1));
            assertThat(Files.readString(file)).endsWith("}\n");
            log.step(step(2));
            assertThat(Files.readAllLines(file)).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "7", "null", "{\"step\": \"x\", \"epoch\": 1}", "{\"step\"", ""})
    void lineOfSomethingElseIsNamed(String line) throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = new MetricsLog(file, Progress.START)) {
            log.step(step(1));
        }
        Files.writeString(file, Files.readString(file) + line + "\n" + Files.readString(file));
        assertThatThrownBy(() -> new MetricsLog(file, new Progress(1, 0, 1, 0.1, 0)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": line 2 ")
                .hasMessageNotContaining("\n");
    }

    @Test
    void fileThatIsNoTextIsNamed() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        Files.write(file, new byte[] {'{', (byte) 0xff, '}', '\n'});
        assertThatThrownBy(() -> new MetricsLog(file, Progress.START))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file + ": not UTF-8");
    }
}
