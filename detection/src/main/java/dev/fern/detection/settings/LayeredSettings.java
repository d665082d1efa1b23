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

/** Settings laid over settings, the lowest layer being a file of defaults. */
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
     * Makes a configuration of the defaults and what is laid over them.
     *
     * @param type whose components are the settings
     * @param defaults name of the file of defaults beside that type, which has every setting
     * @param layers settings by name, later ones over earlier ones
     * @throws IllegalArgumentException if a name is unknown, naming the right one that is near or
     *     else all, or a value is of another kind or out of range
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
     * Checks a setting's range.
     *
     * @param message names the setting and says what it must be
     * @throws IllegalArgumentException with this message unless the condition holds
     */
    public static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Returns settings as a configuration file holds them. */
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
        // At most every second letter is wrong.
        return 2 * distance(nearest, typed) <= 3 * typed.length()
                ? "did you mean '" + nearest + "'?"
                : "the settings are " + String.join(", ", settings);
    }

    /**
     * How far a typed name is from a setting's: thrice Levenshtein's distance, case ignored, but
     * letters that were left out count once, so that abbreviations are understood.
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
     * Returns which settings differ from those of another training, as in {@code seed is 2, was 1},
     * but for those that say only how often it is looked at and saved, and when it is given up.
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
