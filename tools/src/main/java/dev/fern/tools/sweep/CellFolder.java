package dev.fern.tools.sweep;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoResults;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.recipe.SettingsFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.sweep.result.CellCost;
import dev.fern.tools.sweep.result.CellOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A cell's folder: an ordinary run directory that also holds what the cell's process printed, how
 * it ended, what it took, and its AP on the tuning images. Nothing in it depends on where it is, so
 * that the folders of cells that were trained elsewhere can be put beside each other.
 *
 * @param path the folder
 */
record CellFolder(Path path) {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /** AP on the tuning images after a part of the training. */
    record TuningScore(double part, double ap) {}

    /** Every such score of a cell. */
    private record TuningScores(List<TuningScore> scores) {}

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

    private Path tuningFile() {
        return path.resolve("tuning.json");
    }

    private Path costFile() {
        return path.resolve("cost.json");
    }

    /**
     * Returns how the cell ended; empty while it has not.
     *
     * @throws IOException naming the file if it is damaged
     */
    Optional<CellOutcome> outcome() throws IOException {
        return read(
                outcomeFile(),
                CellOutcome.class,
                "delete it, and the training of the cell goes on");
    }

    private static <T extends Record> Optional<T> read(Path file, Class<T> type, String mend)
            throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonObject json = StrictJson.parse(TextFile.read(file)).getAsJsonObject();
            if (json.get("environment") instanceof JsonObject environment
                    && !environment.has("processor")) { // an older Fern did not tell
                environment.addProperty("processor", "");
            }
            return Optional.of(RecordJson.read(json, type));
        } catch (JsonParseException | IllegalArgumentException | IllegalStateException e) {
            throw new IOException(file + ": is damaged; " + mend, e);
        }
    }

    /**
     * Returns AP on the tuning images after a part of the training; empty if it was not recorded.
     *
     * @throws IOException naming the file if it is damaged
     */
    Optional<Double> tuningAp(double part) throws IOException {
        return tuningScores().stream()
                .filter(score -> score.part == part)
                .map(TuningScore::ap)
                .findFirst();
    }

    private List<TuningScore> tuningScores() throws IOException {
        return read(
                        tuningFile(),
                        TuningScores.class,
                        "delete the cell's folder, and it is trained again")
                .map(TuningScores::scores)
                .orElse(List.of());
    }

    /** Records AP on the tuning images after a part of the training. */
    void writeTuningAp(double part, double ap) throws IOException {
        List<TuningScore> scores = new ArrayList<>(tuningScores());
        scores.add(new TuningScore(part, ap));
        write(tuningFile(), new TuningScores(scores));
    }

    /**
     * Returns what the training took so far.
     *
     * @throws IOException naming the file if it is damaged
     */
    CellCost cost() throws IOException {
        return read(costFile(), CellCost.class, "delete it, and the cost is not known")
                .orElse(CellCost.NONE);
    }

    /** Adds what one more process took. */
    void addCost(double wallSeconds, double cpuSeconds) throws IOException {
        write(costFile(), cost().plus(wallSeconds, cpuSeconds));
    }

    /**
     * Reads what the cell's newest evaluated model found in the validation images.
     *
     * @throws IOException naming the file if it is lost or damaged
     */
    CocoResults detections() throws IOException {
        Path file = run().detections();
        if (!Files.exists(file)) {
            throw new IOException(
                    file
                            + ": is lost; delete the folder "
                            + path
                            + ", and the cell is trained again");
        }
        CocoResults read = CocoResults.read(file);
        // A file without detections is refused by the evaluation, as pycocotools does.
        return read.size() == 0 ? CocoResults.builder().build() : read;
    }

    /**
     * Checks that a cell that was begun was trained on these data with these settings.
     *
     * @param now the data that the sweep names
     * @param settings the cell's
     * @throws BadInputException naming what differs
     * @throws IOException naming the file if it is damaged
     */
    void requireSame(DataIdentity now, TrainingConfiguration settings)
            throws IOException, BadInputException {
        if (outcome().isEmpty() && !run().hasCheckpoint()) {
            return;
        }
        if (Files.exists(run().data())) {
            requireNone(run().data(), "data", now.changesFrom(DataIdentity.read(run().data())));
        }
        if (Files.exists(run().configuration())) {
            TrainingConfiguration before;
            try {
                before =
                        TrainingConfiguration.of(List.of(SettingsFile.read(run().configuration())));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(run().configuration() + ": " + e.getMessage(), e);
            }
            requireNone(run().configuration(), "settings", settings.changesFrom(before));
        }
    }

    private static void requireNone(Path file, String what, List<String> changes)
            throws BadInputException {
        if (!changes.isEmpty()) {
            throw new BadInputException(
                    file
                            + ": this cell was trained on other "
                            + what
                            + ": "
                            + String.join("; ", changes)
                            + "; give the same "
                            + what
                            + ", or choose another --output");
        }
    }

    /** Records how the cell ended. */
    void write(CellOutcome outcome) throws IOException {
        write(outcomeFile(), outcome);
    }

    private static void write(Path file, Record record) throws IOException {
        AtomicFile.write(file, (GSON.toJson(record) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Deletes the record of how the cell ended, so that its training goes on. */
    void forgetOutcome() throws IOException {
        Files.deleteIfExists(outcomeFile());
    }
}
