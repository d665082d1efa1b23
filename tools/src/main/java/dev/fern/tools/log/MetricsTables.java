package dev.fern.tools.log;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.detection.train.MetricsLog;
import dev.fern.detection.train.TrainingListener.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The metrics as two tables for spreadsheets and data frames: {@code metrics.csv} with one row per
 * step, {@code evaluations.csv} with one row per evaluation.
 *
 * <p>The lines of {@code metrics.jsonl} are their only source. When a process has its first number,
 * both tables are written anew from all lines; by then the lines of steps that a killed process
 * took after its last checkpoint are gone. Later, each new line adds its row.
 */
final class MetricsTables implements RunLog {

    private static final String STEP = "step";
    private static final String EPOCH = "epoch";

    private final Path metrics;
    private final CsvFile steps;
    private final CsvFile evaluations;
    private boolean started;
    private BufferedReader lines;

    /**
     * @param folder where the tables are written
     * @param metrics {@code metrics.jsonl}
     */
    MetricsTables(Path folder, Path metrics) {
        this.metrics = metrics;
        steps = new CsvFile(folder.resolve("metrics.csv"));
        evaluations = new CsvFile(folder.resolve("evaluations.csv"));
    }

    @Override
    public void started(long firstStep) {
        started = true;
    }

    @Override
    public void step(Step step) throws IOException {
        update();
    }

    @Override
    public void evaluated(long step, Map<String, Double> numbers) throws IOException {
        update();
    }

    private void update() throws IOException {
        if (lines == null) {
            steps.delete(); // both tables may hold rows that the metrics no longer have
            evaluations.delete();
            lines = Files.newBufferedReader(metrics);
        }
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                add(JsonParser.parseString(line).getAsJsonObject());
            } catch (JsonParseException | IllegalStateException e) {
                throw new IOException(metrics + ": damaged: " + e.getMessage(), e);
            }
        }
    }

    private void add(JsonObject line) throws IOException {
        JsonElement evaluation = line.get(MetricsLog.EVALUATION);
        if (evaluation == null) {
            steps.write(line);
            return;
        }
        JsonObject row = new JsonObject();
        row.add(STEP, line.get(STEP));
        row.add(EPOCH, line.get(EPOCH));
        evaluation.getAsJsonObject().asMap().forEach(row::add);
        evaluations.write(row);
    }

    @Override
    public void close() throws IOException {
        try {
            if (started && Files.exists(metrics)) {
                update();
            }
        } finally {
            steps.close();
            evaluations.close();
            if (lines != null) {
                lines.close();
            }
        }
    }

    @Override
    public String toString() {
        return steps + " or " + evaluations;
    }
}
