package dev.fern.tools.sweep.result;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.IouType;
import dev.fern.tools.log.CsvRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** A sweep as a table in CSV: one line per cell with its numbers and every setting. */
public final class ResultsCsv {

    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Takes the cells.
     *
     * @param results as far as they have come
     */
    public ResultsCsv(SweepResults results) {
        for (CellResult cell : results.cells()) {
            JsonObject settings =
                    JsonParser.parseString(cell.configuration().toJson()).getAsJsonObject();
            if (rows.isEmpty()) {
                rows.add(header(settings));
            }
            rows.add(row(cell, settings));
        }
    }

    private static List<String> header(JsonObject settings) {
        List<String> names = new ArrayList<>(List.of("cell", "status", "reason"));
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            names.add(metric.label());
        }
        names.addAll(
                List.of(
                        "rate",
                        "steps_taken",
                        "clipped_steps",
                        "images_seen",
                        "last_gain",
                        "training_seconds",
                        "wall_seconds",
                        "cpu_seconds",
                        "processor",
                        "threads"));
        names.addAll(settings.keySet());
        return names;
    }

    private static List<String> row(CellResult cell, JsonObject settings) {
        List<String> values = new ArrayList<>();
        values.add(cell.cell().name());
        values.add(cell.status());
        values.add(cell.outcome().map(CellOutcome::reason).orElse(""));
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            values.add(text(cell.number(metric)));
        }
        CellHistory history = cell.history();
        values.add(Grid.text(cell.cell().rate()));
        values.add(Long.toString(history.steps()));
        values.add(Long.toString(history.clipped()));
        values.add(Long.toString(history.images()));
        values.add(text(history.lastGain()));
        values.add(Double.toString(history.seconds()));
        values.add(Double.toString(cell.cost().wallSeconds()));
        values.add(Double.toString(cell.cost().cpuSeconds()));
        values.add(cell.outcome().map(o -> o.environment().processor()).orElse(""));
        values.add(cell.outcome().map(o -> Integer.toString(o.environment().threads())).orElse(""));
        for (JsonElement setting : settings.asMap().values()) {
            values.add(setting.isJsonPrimitive() ? setting.getAsString() : setting.toString());
        }
        return values;
    }

    private static String text(OptionalDouble value) {
        return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
    }

    /**
     * Writes the table, whole or not at all.
     *
     * @param file is replaced if it is there
     * @throws IOException if the file can't be written
     */
    public void write(Path file) throws IOException {
        String text = rows.stream().map(CsvRow::of).collect(Collectors.joining());
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
