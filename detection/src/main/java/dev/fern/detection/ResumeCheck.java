package dev.fern.detection;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Refuses to resume a run with settings or data that would change its result. */
final class ResumeCheck {

    private static final String MEND =
            "; resume with those that the run began with, or go on regardless with --force";

    private ResumeCheck() {}

    /**
     * Compares settings and data with those that the run began with.
     *
     * @param run the run to resume
     * @param changesFrom given the settings of a file, returns how the settings to resume with
     *     differ from them; throws an IllegalArgumentException if a setting of the file is unknown
     *     or out of range
     * @param data the data to resume with
     * @throws TrainingRefusedException naming what differs, or if it is unknown which data the run
     *     began with
     * @throws IOException if a file of the run is damaged
     */
    static void require(
            RunDirectory run,
            Function<List<JsonObject>, List<String>> changesFrom,
            DataIdentity data)
            throws IOException {
        List<String> changes = changes(run.configuration(), changesFrom);
        if (!changes.isEmpty()) {
            throw new TrainingRefusedException(
                    run.configuration()
                            + ": the settings differ from those of the run: "
                            + String.join("; ", changes)
                            + MEND);
        }
        if (!Files.exists(run.data())) {
            throw new TrainingRefusedException(
                    run.data()
                            + ": is lost, so that it is unknown which data the run began with; go on"
                            + " regardless with --force");
        }
        List<String> others = data.changesFrom(DataIdentity.read(run.data()));
        if (!others.isEmpty()) {
            throw new TrainingRefusedException(
                    run.data()
                            + ": the data differ from those of the run: "
                            + String.join("; ", others)
                            + MEND);
        }
    }

    private static List<String> changes(
            Path file, Function<List<JsonObject>, List<String>> changesFrom) throws IOException {
        try {
            JsonObject settings = StrictJson.parse(TextFile.read(file)).getAsJsonObject();
            return changesFrom.apply(List.of(settings));
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(file + ": damaged: not a JSON object of settings", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": damaged: " + e.getMessage(), e);
        }
    }
}
