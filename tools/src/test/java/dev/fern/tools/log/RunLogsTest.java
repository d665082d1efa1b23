package dev.fern.tools.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.TrainingListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogsTest {

    @TempDir Path folder;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private RunLock lock;

    @BeforeEach
    void lockFolder() throws IOException {
        lock = new RunDirectory(folder).lock();
    }

    @AfterEach
    void unlockFolder() throws IOException {
        lock.close();
    }

    private RunLogs logs() {
        return new RunLogs(lock, new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

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

    private Path eventFile() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().contains("tfevents")).findFirst().orElseThrow();
        }
    }

    @Test
    void anEvaluationBelongsToTheLastStepEvenOfTheProcessBefore() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "");
        try (RunLogs logs = logs()) {
            logs.started(8, 20);
            logs.evaluated(1, Map.of("AP", 0.5), true);
            logs.step(step(8));
            logs.evaluated(2, Map.of("AP", 0.25), false);
        }
        assertThat(TfRecords.read(eventFile()))
                .filteredOn(event -> event.scalars().containsKey("evaluation/AP"))
                .extracting(TfRecords.Event::step)
                .containsExactly(7L, 8L);
        assertThat(errors.size()).isZero();
    }

    @Test
    void aLogThatCannotBeWrittenIsGivenUpWithOneWarning() throws IOException {
        Files.createDirectory(folder.resolve("metrics.csv"));
        Files.writeString(folder.resolve("metrics.csv").resolve("file"), "mine");
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":1,\"epoch\":1}\n");
        try (RunLogs logs = logs()) {
            logs.started(1, 2);
            logs.step(step(1));
            logs.step(step(2));
        }
        assertThat(errors.toString(StandardCharsets.UTF_8).lines())
                .singleElement()
                .asString()
                .startsWith("warning: " + folder.resolve("metrics.csv"))
                .contains("the training goes on");
        assertThat(TfRecords.read(eventFile())).hasSize(4);
    }
}
