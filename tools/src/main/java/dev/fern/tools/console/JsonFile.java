package dev.fern.tools.console;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes the JSON files of commands, for people and programs to read. */
public final class JsonFile {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

    private JsonFile() {}

    /**
     * Writes an object, indented, with its nulls, whole or not at all.
     *
     * @param file is replaced if it is there
     * @param content the object
     * @throws IOException if the file can't be written
     */
    public static void write(Path file, JsonObject content) throws IOException {
        AtomicFile.write(file, (GSON.toJson(content) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
