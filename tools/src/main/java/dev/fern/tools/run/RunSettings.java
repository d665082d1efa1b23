package dev.fern.tools.run;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/**
 * The settings of a run as its {@code config.json} holds them. They may be those of another version
 * of Fern.
 *
 * @param values the settings by name
 */
record RunSettings(JsonObject values) {

    private static final long MOST_BYTES = 1 << 20;

    /**
     * Reads a run's settings.
     *
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if there is no run, or the file holds something else
     */
    static RunSettings read(RunDirectory run) throws IOException, BadInputException {
        if (!Files.isDirectory(run.path())) {
            throw new BadInputException(run.path() + ": there is no such folder");
        }
        if (!Files.exists(run.configuration())) {
            throw new BadInputException(
                    run.path() + ": holds no run of fern train (there is no config.json)");
        }
        try {
            JsonElement root =
                    StrictJson.parse(TextFile.readSmall(run.configuration(), MOST_BYTES));
            if (root.isJsonObject()) {
                return new RunSettings(root.getAsJsonObject());
            }
        } catch (JsonParseException e) {
            throw new BadInputException(run.configuration() + ": not JSON", e);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(run.configuration() + ": " + e.getMessage(), e);
        }
        throw new BadInputException(run.configuration() + ": not a JSON object of settings");
    }

    /** Returns the defaults of this version of Fern, by name. */
    static JsonObject defaults() {
        return JsonParser.parseString(TrainingConfiguration.of(List.of()).toJson())
                .getAsJsonObject();
    }

    /** Returns whether the run is one of {@code fern pretrain}. */
    boolean isOfClassifier() {
        return values.has("labelSmoothing");
    }

    /** Returns the engine that the run was trained with; the default one where none is named. */
    String engine() {
        JsonElement engine = values.get("engine");
        return (engine != null && engine.isJsonPrimitive() ? engine : defaults().get("engine"))
                .getAsString();
    }
}
