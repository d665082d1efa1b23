package dev.fern.tools.sweep;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.TextFile;
import dev.fern.detection.model.RecordJson;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A cell's folder: an ordinary run directory, with what its process said and how it ended.
 *
 * @param path the folder
 */
record CellFolder(Path path) {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    RunDirectory run() {
        return new RunDirectory(path);
    }

    /** What the training's process printed. */
    Path log() {
        return path.resolve("log.txt");
    }

    private Path outcomeFile() {
        return path.resolve("outcome.json");
    }

    /**
     * Returns how the cell ended; empty while it has not.
     *
     * @throws IOException naming the file if it is damaged
     */
    Optional<CellOutcome> outcome() throws IOException {
        if (!Files.exists(outcomeFile())) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    RecordJson.read(
                            JsonParser.parseString(TextFile.read(outcomeFile())),
                            CellOutcome.class));
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IOException(
                    outcomeFile() + ": is damaged; delete it, and the cell goes on", e);
        }
    }

    void write(CellOutcome outcome) throws IOException {
        AtomicFile.write(
                outcomeFile(), (GSON.toJson(outcome) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void forgetOutcome() throws IOException {
        Files.deleteIfExists(outcomeFile());
    }
}
