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
 * The metrics as two tables, for spreadsheets and data frames: {@code metrics.csv} with a row a
 * step, {@code evaluations.csv} with a row an evaluation. They are made of the lines of {@code
 * metrics.jsonl} alone: of all that are there when the first number of a process comes, when what a
 * killed process took beyond its last checkpoint is dropped already, and then of each that is
 * added.
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
            steps.delete(); // both may hold rows that are no longer in the metrics
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
