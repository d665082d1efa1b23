package dev.fern.tools.sweep;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A cell's folder: an ordinary run directory that also holds what the cell's process printed and
 * how it ended.
 *
 * @param path the folder
 */
record CellFolder(Path path) {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /** Returns the same folder as a run directory. */
    RunDirectory run() {
        return new RunDirectory(path);
    }

    /** Returns the file of what the training's process printed. */
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
                            StrictJson.parse(TextFile.read(outcomeFile())), CellOutcome.class));
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IOException(
                    outcomeFile() + ": is damaged; delete it, and the training of the cell goes on",
                    e);
        }
    }

    /**
     * Checks that a cell that was begun was trained on these data.
     *
     * @param now the data that the sweep names
     * @throws BadInputException naming what differs
     * @throws IOException naming the file if it is missing or damaged
     */
    void requireSameData(DataIdentity now) throws IOException, BadInputException {
        if (outcome().isEmpty() && !run().hasCheckpoint() || !Files.exists(run().data())) {
            return;
        }
        List<String> changes = now.changesFrom(DataIdentity.read(run().data()));
        if (!changes.isEmpty()) {
            throw new BadInputException(
                    run().data()
                            + ": this cell was trained on other data: "
                            + String.join("; ", changes)
                            + "; give the same data, or choose another --output");
        }
    }

    /** Records how the cell ended. */
    void write(CellOutcome outcome) throws IOException {
        AtomicFile.write(
                outcomeFile(), (GSON.toJson(outcome) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Deletes the record of how the cell ended, so that its training goes on. */
    void forgetOutcome() throws IOException {
        Files.deleteIfExists(outcomeFile());
    }
}
