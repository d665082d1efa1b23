package dev.fern.detection.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** Appends to a run's {@code metrics.jsonl}: a line of JSON a step and a line an evaluation. */
final class MetricsLog implements AutoCloseable {

    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final BufferedWriter writer;

    /**
     * Opens the log.
     *
     * @param step lines of later steps, left by a process that went on after its last checkpoint,
     *     are dropped
     */
    MetricsLog(Path file, long step) throws IOException {
        if (Files.exists(file)) {
            List<String> kept =
                    Files.readAllLines(file).stream()
                            .filter(line -> isComplete(line) && stepOf(line) <= step)
                            .toList();
            Files.write(file, kept);
        }
        writer =
                Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static boolean isComplete(String line) {
        return line.startsWith("{") && line.endsWith("}");
    }

    private static long stepOf(String line) {
        JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
        return entry.get("step").getAsLong();
    }

    void step(TrainingListener.Step step) throws IOException {
        write(GSON.toJson(step));
    }

    void evaluation(int epoch, long step, Map<String, Double> numbers) throws IOException {
        JsonObject line = new JsonObject();
        line.addProperty("epoch", epoch);
        line.addProperty("step", step);
        line.add("evaluation", GSON.toJsonTree(numbers));
        write(line.toString());
        writer.flush();
    }

    void flush() throws IOException {
        writer.flush();
    }

    private void write(String line) throws IOException {
        writer.write(line);
        writer.newLine();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
