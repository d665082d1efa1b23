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

    private static final String OTHER_OUTPUT = "choose another --output";
    private static final String NO_TRIALS = "leave --trials out";

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
        requireSame(file, data, before.getAsJsonObject(DATA), OTHER_OUTPUT);
        requireSameTrainings(file, before, OTHER_OUTPUT);
        requireSameTuning(file, before.get(TUNING), OTHER_OUTPUT);
    }

    /**
     * Checks that another sweep trained with these settings and chose learning rates in this way,
     * whatever the place of its data.
     *
     * @param file its results
     * @throws BadInputException naming the first setting that differs
     */
    void requireSameTrainings(Path file) throws IOException, BadInputException {
        JsonObject before = read(file);
        requireSameTrainings(file, before, NO_TRIALS);
        requireSameTuning(file, before.get(TUNING), NO_TRIALS);
    }

    private void requireSameTrainings(Path file, JsonObject before, String orElse)
            throws BadInputException {
        JsonObject settingsBefore;
        try {
            TrainingConfiguration resolved =
                    TrainingConfiguration.of(List.of(before.getAsJsonObject(SETTINGS)));
            settingsBefore = JsonParser.parseString(resolved.toJson()).getAsJsonObject();
        } catch (IllegalArgumentException e) {
            throw notOfASweep(file, e);
        }
        JsonObject now = toJson();
        requireSame(file, now.getAsJsonObject(SETTINGS), settingsBefore, orElse);
        if (!before.has(EQUAL)) { // an older Fern wrote it
            before.addProperty(EQUAL, Scaling.Length.IMAGES.toString());
        }
        JsonObject rules = new JsonObject();
        rules.add(RULE, now.get(RULE));
        rules.add(EQUAL, now.get(EQUAL));
        requireSame(file, rules, before, orElse);
    }

    /** A sweep that chose no learning rate may begin to, but not leave out what it has not seen. */
    private void requireSameTuning(Path file, JsonElement before, String orElse)
            throws BadInputException {
        boolean halves = tuning.isPresent() && tuning.get().get("halving").getAsBoolean();
        if (before == null ? halves : !tuning.map(before::equals).orElse(false)) {
            throw new BadInputException(
                    String.format(
                            "%s: this sweep was begun with %s for choosing learning rates, not %s; give"
                                    + " the same options, or %s",
                            file,
                            before == null ? "nothing" : before,
                            tuning.map(JsonObject::toString).orElse("nothing"),
                            orElse));
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
                file + ": is not the settings of a sweep; " + OTHER_OUTPUT, cause);
    }

    private static void requireSame(Path file, JsonObject now, JsonObject before, String orElse)
            throws BadInputException {
        for (Map.Entry<String, JsonElement> entry : now.entrySet()) {
            JsonElement other = before.get(entry.getKey());
            if (!entry.getValue().equals(other)) {
                throw new BadInputException(
                        String.format(
                                "%s: this sweep was begun with %s %s, not %s; give the same"
                                        + " settings, or %s",
                                file, entry.getKey(), other, entry.getValue(), orElse));
            }
        }
    }
}
