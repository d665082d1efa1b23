package dev.fern.detection.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.AtomicFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Collectors;

/** Appends to a run's {@code metrics.jsonl}: a line of JSON a step and a line an evaluation. */
final class MetricsLog implements AutoCloseable {

    private static final String EVALUATION = "evaluation";
    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final BufferedWriter writer;

    /**
     * Opens the log.
     *
     * @param progress lines of what came later, left by a process that went on after its last
     *     checkpoint, are dropped, as is a line that was cut short
     */
    MetricsLog(Path file, RunDirectory.Progress progress) throws IOException {
        if (Files.exists(file)) {
            String kept =
                    Files.readAllLines(file).stream()
                            .filter(line -> isBefore(line, progress))
                            .map(line -> line + "\n")
                            .collect(Collectors.joining());
            AtomicFile.write(file, kept.getBytes(StandardCharsets.UTF_8));
        }
        writer =
                Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static boolean isBefore(String line, RunDirectory.Progress progress) {
        try {
            JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
            return entry.get("step").getAsLong() <= progress.step()
                    && (!entry.has(EVALUATION)
                            || entry.get("epoch").getAsInt() <= progress.epoch());
        } catch (JsonParseException | IllegalStateException e) {
            return false;
        }
    }

    void step(TrainingListener.Step step) throws IOException {
        write(GSON.toJson(step));
    }

    void evaluation(int epoch, long step, Map<String, Double> numbers) throws IOException {
        JsonObject line = new JsonObject();
        line.addProperty("epoch", epoch);
        line.addProperty("step", step);
        line.add(EVALUATION, GSON.toJsonTree(numbers));
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
