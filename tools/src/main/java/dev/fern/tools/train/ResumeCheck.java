package dev.fern.tools.train;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Refuses to go on with a run in a way that would make another training of it. */
final class ResumeCheck {

    private static final String MEND =
            "; resume with those of the run's start, or go on regardless with --force";

    private ResumeCheck() {}

    /**
     * Checks settings and data against those of the run's start.
     *
     * @param changesFrom what the settings to go on with have otherwise than those of a file of
     *     settings; throws an IllegalArgumentException if the file's can't be
     * @param data what is to be gone on with
     * @throws BadInputException naming what differs
     * @throws IOException if a file of the run is missing or damaged
     */
    static void require(
            RunDirectory run,
            Function<List<JsonObject>, List<String>> changesFrom,
            DataIdentity data)
            throws IOException, BadInputException {
        List<String> changes = changes(run.configuration(), changesFrom);
        if (!changes.isEmpty()) {
            throw new BadInputException(
                    run.configuration()
                            + ": other settings than the run's: "
                            + String.join("; ", changes)
                            + MEND);
        }
        if (!Files.exists(run.data())) {
            throw new BadInputException(
                    run.data()
                            + ": is lost, and with it what data the run began with; go on regardless"
                            + " with --force");
        }
        List<String> others = data.changesFrom(DataIdentity.read(run.data()));
        if (!others.isEmpty()) {
            throw new BadInputException(
                    run.data()
                            + ": other data than the run's: "
                            + String.join("; ", others)
                            + MEND);
        }
    }

    private static List<String> changes(
            Path file, Function<List<JsonObject>, List<String>> changesFrom) throws IOException {
        try {
            JsonObject settings = JsonParser.parseString(TextFile.read(file)).getAsJsonObject();
            return changesFrom.apply(List.of(settings));
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(file + ": damaged: not a JSON object of settings", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": damaged: " + e.getMessage(), e);
        }
    }
}
