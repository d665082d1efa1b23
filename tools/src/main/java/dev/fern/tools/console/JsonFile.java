package dev.fern.tools.console;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A JSON file that a command writes for people and programs to read. */
public final class JsonFile {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

    private JsonFile() {}

    /** Writes an object as it is, nulls included, indented, whole or not at all. */
    public static void write(Path file, JsonObject content) throws IOException {
        AtomicFile.write(file, (GSON.toJson(content) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
