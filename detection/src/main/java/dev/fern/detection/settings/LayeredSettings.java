package dev.fern.detection.settings;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads settings in layers, each of which overrides the ones below it; the lowest is a file of
 * defaults.
 */
public final class LayeredSettings {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private static final Set<String> WITHOUT_EFFECT_ON_STEPS =
            Set.of(
                    "evaluateEvery",
                    "patience",
                    "keepCheckpoints",
                    "checkpointMinutes",
                    "checkpointSteps");

    private LayeredSettings() {}

    /**
     * Makes a record of the defaults and the layers above them.
     *
     * @param <T> the record
     * @param type the record's class, whose components are the settings
     * @param defaults name of the file of defaults, a resource beside that class that has every
     *     setting
     * @param layers settings by name; a later layer overrides an earlier one
     * @return the record of the settings that the layers leave
     * @throws IllegalArgumentException if a name is unknown, or if a value is of another kind or
     *     out of range; for a name the message says the setting that it may mean, or else all
     *     settings
     */
    public static <T extends Record> T read(
            Class<T> type, String defaults, List<JsonObject> layers) {
        JsonObject merged = defaults(type, defaults);
        for (JsonObject layer : layers) {
            for (Map.Entry<String, JsonElement> entry : layer.entrySet()) {
                if (!merged.has(entry.getKey())) {
                    throw new IllegalArgumentException(
                            "unknown setting '"
                                    + entry.getKey()
                                    + "': "
                                    + advice(merged.keySet(), entry.getKey()));
                }
                merged.add(entry.getKey(), entry.getValue());
            }
        }
        return RecordJson.read(merged, type);
    }

    /**
     * Refuses a setting that is out of its range.
     *
     * @param inRange whether the setting is in its range
     * @param name of the setting
     * @param range what the setting must be, such as {@code at least 1}
     * @param value what it is
     * @throws IllegalArgumentException with all three if it is not in its range
     */
    public static void require(boolean inRange, String name, String range, Object value) {
        if (!inRange) {
            throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
        }
    }

    /**
     * {@return settings as a configuration file holds them: a JSON object, indented, with a line
     * break at its end}
     *
     * @param settings a record that {@link RecordJson} can write
     */
    public static String toJson(Record settings) {
        return GSON.toJson(RecordJson.write(settings)) + "\n";
    }

    private static JsonObject defaults(Class<?> type, String file) {
        try (Reader reader =
                new InputStreamReader(type.getResourceAsStream(file), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String advice(Set<String> settings, String typed) {
        String nearest =
                Collections.min(
                        settings, Comparator.comparingInt(setting -> distance(setting, typed)));
        // A name is taken for a slip if at most every second letter is wrong.
        return 2 * distance(nearest, typed) <= 3 * typed.length()
                ? "did you mean '" + nearest + "'?"
                : "the settings are " + String.join(", ", settings);
    }

    /**
     * {@return the distance of a typed name from a setting's name} It is three times Levenshtein's
     * distance without regard to case, but a letter that was left out counts once, so that
     * abbreviations are understood.
     */
    private static int distance(String setting, String typed) {
        int[] previous = new int[setting.length() + 1];
        for (int j = 0; j <= setting.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= typed.length(); i++) {
            int[] current = new int[setting.length() + 1];
            current[0] = 3 * i;
            for (int j = 1; j <= setting.length(); j++) {
                boolean same =
                        Character.toLowerCase(typed.charAt(i - 1))
                                == Character.toLowerCase(setting.charAt(j - 1));
                int replaced = previous[j - 1] + (same ? 0 : 3);
                current[j] = Math.min(replaced, Math.min(previous[j] + 3, current[j - 1] + 1));
            }
            previous = current;
        }
        return previous[setting.length()];
    }

    /**
     * {@return the settings that differ from those of an earlier training, each as in {@code seed
     * is 2, was 1}} Those do not count that only say how often a training is evaluated and saved,
     * and when it is given up.
     *
     * @param settings those of the present training
     * @param others those of the earlier training, a record of the same class
     */
    public static List<String> changes(Record settings, Record others) {
        JsonObject now = RecordJson.write(settings);
        JsonObject before = RecordJson.write(others);
        return now.keySet().stream()
                .filter(name -> !WITHOUT_EFFECT_ON_STEPS.contains(name))
                .filter(name -> !now.get(name).equals(before.get(name)))
                .map(name -> name + " is " + now.get(name) + ", was " + before.get(name))
                .toList();
    }
}
