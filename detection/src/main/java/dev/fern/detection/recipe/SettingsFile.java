package dev.fern.detection.recipe;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.StrictJson;
import java.io.IOException;
import java.nio.file.Path;

/** A JSON file of settings. */
public final class SettingsFile {

    private SettingsFile() {}

    /**
     * Reads a file, which may have comments.
     *
     * @param file JSON
     * @return the settings by name, which nobody has checked
     * @throws IOException naming the file if it can't be read or is no JSON object
     */
    public static JsonObject read(Path file) throws IOException {
        try {
            JsonElement root = StrictJson.parseWithComments(TextFile.read(file));
            if (root.isJsonObject()) {
                return root.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new IOException(file + ": not JSON: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        throw new IOException(file + ": not a JSON object of settings");
    }
}
