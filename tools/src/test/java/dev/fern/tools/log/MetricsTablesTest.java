package dev.fern.tools.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTablesTest {

    @TempDir Path folder;

    private Path metrics;
    private Path steps;
    private Path evaluations;

    @BeforeEach
    void nameFiles() {
        metrics = folder.resolve("metrics.jsonl");
        steps = folder.resolve("metrics.csv");
        evaluations = folder.resolve("evaluations.csv");
    }

    private void append(String... lines) throws IOException {
        Files.write(metrics, List.of(lines), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private MetricsTables tables() {
        MetricsTables tables = new MetricsTables(folder, metrics);
        tables.started(1);
        return tables;
    }

    @Test
    void rowsAreThereAsSoonAsTheLinesAre() throws IOException {
        try (MetricsTables tables = tables()) {
            append("{\"step\":1,\"epoch\":1,\"loss\":0.12345678901234567,\"rate\":1.0E-5}");
            tables.step(null);
            assertThat(steps).hasContent("step,epoch,loss,rate\n1,1,0.12345678901234567,1.0E-5\n");
            append("{\"step\":2,\"epoch\":1,\"loss\":NaN,\"rate\":1}");
            tables.step(null);
            append("{\"epoch\":1,\"step\":2,\"evaluation\":{\"AP\":0.25,\"APs\":-1.0}}");
            tables.evaluated(2, Map.of());
            assertThat(Files.readAllLines(steps)).endsWith("2,1,NaN,1").hasSize(3);
            assertThat(evaluations).hasContent("step,epoch,AP,APs\n2,1,0.25,-1.0\n");
        }
    }

    @Test
    void whatIsNoLongerInTheMetricsLeavesTheTablesToo() throws IOException {
        append("{\"step\":1,\"epoch\":1}");
        append("{\"step\":2,\"epoch\":1}");
        append("{\"epoch\":1,\"step\":2,\"evaluation\":{\"AP\":0.25}}");
        tables().close();
        assertThat(Files.readAllLines(steps)).hasSize(3);
        assertThat(Files.readAllLines(evaluations)).hasSize(2);

        Files.delete(metrics);
        append("{\"step\":1,\"epoch\":1}");
        try (MetricsTables resumed = tables()) {
            append("{\"step\":2,\"epoch\":1}");
            resumed.step(null);
            assertThat(Files.readAllLines(steps)).containsExactly("step,epoch", "1,1", "2,1");
            assertThat(evaluations).doesNotExist();
        }
    }

    @Test
    void theFirstRowNamesTheColumnsOfAll() throws IOException {
        append("{\"step\":1,\"a,b\":\"x \\\"y\\\"\",\"c\":null}");
        append("{\"more\":5,\"c\":[1],\"step\":2}");
        tables().close();
        assertThat(steps).hasContent("step,\"a,b\",c\n1,\"x \"\"y\"\"\",\n2,,[1]\n");
    }

    @Test
    void aTrainingThatDidNotStartChangesNothing() throws IOException {
        append("{\"step\":1,\"epoch\":1}");
        new MetricsTables(folder, metrics).close();
        assertThat(steps).doesNotExist();
    }

    @Test
    void damagedMetricsAreNamed() throws IOException {
        append("{\"step\":1,", "7");
        assertThatThrownBy(() -> tables().close())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(metrics.toString());
    }
}
