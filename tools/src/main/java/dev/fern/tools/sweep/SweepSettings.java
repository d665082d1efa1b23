package dev.fern.tools.sweep;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.StrictJson;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What all cells of a sweep share. A sweep that was begun goes on only with the same; norms, batch
 * sizes, seeds and, without halving, learning rates may be added.
 *
 * @param data the options that name the training and validation data
 * @param scaling the settings and how they follow the batch size
 * @param tuning how learning rates are chosen, as JSON; empty if none is chosen
 */
record SweepSettings(JsonObject data, Scaling scaling, Optional<JsonObject> tuning) {

    private static final String DATA = "data";
    private static final String RULE = "rateRule";
    private static final String EQUAL = "equal";
    private static final String TUNING = "tuning";
    private static final String SETTINGS = "settings";

    /** Returns the parts as JSON, without norm and seed, which belong to the cells. */
    JsonObject toJson() {
        JsonObject settings = JsonParser.parseString(scaling.base().toJson()).getAsJsonObject();
        settings.remove("norm");
        settings.remove("seed");
        JsonObject root = new JsonObject();
        root.add(DATA, data);
        root.addProperty(RULE, scaling.rule().toString());
        root.addProperty(EQUAL, scaling.equal().toString());
        tuning.ifPresent(how -> root.add(TUNING, how));
        root.add(SETTINGS, settings);
        return root;
    }

    /** Writes the JSON, whole or not at all. */
    void write(Path file) throws IOException {
        JsonFile.write(file, toJson());
    }

    /**
     * Checks that a sweep that was begun has these settings.
     *
     * @param file as {@link #write} wrote it, perhaps in a version that lacked some setting
     * @throws BadInputException naming the first setting that differs
     */
    void requireSameAs(Path file) throws IOException, BadInputException {
        JsonObject before = read(file);
        JsonObject settingsBefore;
        try {
            TrainingConfiguration resolved =
                    TrainingConfiguration.of(List.of(before.getAsJsonObject(SETTINGS)));
            settingsBefore = JsonParser.parseString(resolved.toJson()).getAsJsonObject();
        } catch (IllegalArgumentException e) {
            throw notOfASweep(file, e);
        }
        JsonObject now = toJson();
        requireSame(file, now.getAsJsonObject(SETTINGS), settingsBefore);
        requireSame(file, data, before.getAsJsonObject(DATA));
        if (!before.has(EQUAL)) { // an older Fern wrote it
            before.addProperty(EQUAL, Scaling.Length.IMAGES.toString());
        }
        JsonObject rules = new JsonObject();
        rules.add(RULE, now.get(RULE));
        rules.add(EQUAL, now.get(EQUAL));
        requireSame(file, rules, before);
        requireSameTuning(file, before.get(TUNING));
    }

    /** A sweep that chose no learning rate may begin to, but not leave out what it has not seen. */
    private void requireSameTuning(Path file, JsonElement before) throws BadInputException {
        boolean halves = tuning.isPresent() && tuning.get().get("halving").getAsBoolean();
        if (before == null ? halves : !tuning.map(before::equals).orElse(false)) {
            throw new BadInputException(
                    String.format(
                            "%s: this sweep was begun with %s for choosing learning rates, not %s; give"
                                    + " the same options, or choose another --output",
                            file,
                            before == null ? "nothing" : before,
                            tuning.map(JsonObject::toString).orElse("nothing")));
        }
    }

    private static JsonObject read(Path file) throws IOException, BadInputException {
        try {
            JsonElement root = StrictJson.parse(TextFile.read(file));
            if (root.isJsonObject()
                    && root.getAsJsonObject().get(SETTINGS) instanceof JsonObject
                    && root.getAsJsonObject().get(DATA) instanceof JsonObject) {
                return root.getAsJsonObject();
            }
        } catch (JsonParseException | IllegalArgumentException e) {
            throw notOfASweep(file, e);
        }
        throw notOfASweep(file, null);
    }

    private static BadInputException notOfASweep(Path file, Exception cause) {
        return new BadInputException(
                file + ": is not the settings of a sweep; choose another --output", cause);
    }

    private static void requireSame(Path file, JsonObject now, JsonObject before)
            throws BadInputException {
        for (Map.Entry<String, JsonElement> entry : now.entrySet()) {
            JsonElement other = before.get(entry.getKey());
            if (!entry.getValue().equals(other)) {
                throw new BadInputException(
                        String.format(
                                "%s: this sweep was begun with %s %s, not %s; give the same"
                                        + " settings, or choose another --output",
                                file, entry.getKey(), other, entry.getValue()));
            }
        }
    }
}
