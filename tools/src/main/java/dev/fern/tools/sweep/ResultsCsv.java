package dev.fern.tools.sweep;

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
import java.util.stream.Collectors;

/** A sweep as a table in CSV: one line per cell with its numbers and every setting. */
final class ResultsCsv {

    private final List<List<String>> rows = new ArrayList<>();

    /** Takes the cells. */
    ResultsCsv(SweepResults results) {
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
        names.addAll(List.of("steps_taken", "images_seen", "training_seconds"));
        names.addAll(settings.keySet());
        return names;
    }

    private static List<String> row(CellResult cell, JsonObject settings) {
        List<String> values = new ArrayList<>();
        values.add(cell.cell().name());
        values.add(cell.status());
        values.add(cell.outcome().map(CellOutcome::reason).orElse(""));
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            values.add(
                    cell.number(metric).isPresent()
                            ? Double.toString(cell.number(metric).getAsDouble())
                            : "");
        }
        values.add(Integer.toString(cell.history().steps().size()));
        values.add(Long.toString(cell.history().images()));
        values.add(Double.toString(cell.history().seconds()));
        for (JsonElement setting : settings.asMap().values()) {
            values.add(setting.isJsonPrimitive() ? setting.getAsString() : setting.toString());
        }
        return values;
    }

    /** Writes the table, whole or not at all. */
    void write(Path file) throws IOException {
        String text = rows.stream().map(CsvRow::of).collect(Collectors.joining());
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
