package dev.fern.detection.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.ParameterSpread;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.RecordJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A run's {@code metrics.jsonl}: one line of JSON per step and one per evaluation, each handed to
 * the system as soon as it is written.
 */
public final class MetricsLog implements AutoCloseable {

    /** Name of the object that holds the numbers in the line of an evaluation. */
    public static final String EVALUATION = "evaluation";

    /** Most characters that a line may have; those of a training have some hundreds. */
    private static final int LONGEST_LINE = 1 << 20;

    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final BufferedWriter writer;

    /**
     * Opens the log to go on with it. Lines of later steps, left by a process that went on after
     * its last checkpoint, are dropped, as is a last line that was cut short.
     *
     * @param file need not be there
     * @param progress where the training goes on
     * @throws IOException naming the file and the line if it holds something else
     */
    MetricsLog(Path file, Progress progress) throws IOException {
        if (Files.exists(file)) {
            StringBuilder kept = new StringBuilder();
            read(
                    file,
                    line -> {
                        if (isBefore(line, progress)) {
                            kept.append(line).append('\n');
                        }
                    });
            AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
        }
        writer =
                Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static boolean isBefore(JsonObject line, Progress progress) {
        long step = (long) RecordJson.value(line.get("step"), long.class, "step");
        int epoch = (int) RecordJson.value(line.get("epoch"), int.class, "epoch");
        return step <= progress.step() && (!line.has(EVALUATION) || epoch <= progress.epoch());
    }

    /**
     * Reads a log, line by line. A last line that was cut short, as by a process that was killed,
     * is left out.
     *
     * @param file the log
     * @param reader takes a line, or throws an IllegalArgumentException that says what is wrong
     *     with it
     * @throws IOException naming the file and the line that can't be used
     */
    public static void read(Path file, Consumer<JsonObject> reader) throws IOException {
        TextFile.readLines(
                file,
                LONGEST_LINE,
                (number, text, ended) -> {
                    try {
                        reader.accept(JsonParser.parseString(text).getAsJsonObject());
                    } catch (JsonParseException
                            | IllegalStateException
                            | IllegalArgumentException e) {
                        if (ended) {
                            throw notOfATraining(file, number, e);
                        }
                    }
                });
    }

    private static IOException notOfATraining(Path file, int line, RuntimeException e) {
        return new IOException(
                file
                        + ": line "
                        + line
                        + " is not one of a training: "
                        + (e instanceof IllegalArgumentException ? e.getMessage() : "not JSON")
                        + "; mend or delete it",
                e);
    }

    void step(TrainingListener.Step step) throws IOException {
        JsonObject line = new JsonObject();
        line.addProperty("step", step.step());
        line.addProperty("epoch", step.epoch());
        step.losses().forEach(line::addProperty);
        line.addProperty("learningRate", step.learningRate());
        line.addProperty("gradientNorm", step.gradientNorm());
        line.addProperty("images", step.images());
        step.counts().forEach(line::addProperty);
        line.addProperty("seconds", step.seconds());
        write(GSON.toJson(line));
    }

    /**
     * Writes the line of an evaluation.
     *
     * @param norms how the parameters of the normalisers spread, by kind
     */
    void evaluation(
            int epoch, long step, Map<String, Double> numbers, Map<String, ParameterSpread> norms)
            throws IOException {
        JsonObject line = new JsonObject();
        line.addProperty("epoch", epoch);
        line.addProperty("step", step);
        line.add(EVALUATION, GSON.toJsonTree(numbers));
        if (!norms.isEmpty()) {
            line.add("norms", GSON.toJsonTree(norms));
        }
        write(line.toString());
    }

    private void write(String line) throws IOException {
        writer.write(line + "\n");
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
