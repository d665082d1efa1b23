package dev.fern.tools.log;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A table of {@link CsvRow}s that grows. The first row gives the columns their names; a later row
 * is empty where it lacks a column, and what it has besides is left out.
 */
final class CsvFile implements Closeable {

    private final Path path;
    private Writer out;
    private List<String> columns;

    /** Takes the file's path. The first row makes the file, or replaces the one that is there. */
    CsvFile(Path path) {
        this.path = path;
    }

    /** Deletes the file that another process left. */
    void delete() throws IOException {
        Files.deleteIfExists(path);
    }

    /** Adds a row, and hands it to the operating system at once. */
    void write(JsonObject row) throws IOException {
        StringBuilder text = new StringBuilder();
        if (out == null) {
            columns = List.copyOf(row.keySet());
            out = Files.newBufferedWriter(path);
            text.append(CsvRow.of(columns));
        }
        text.append(CsvRow.of(columns.stream().map(name -> value(row.get(name))).toList()));
        out.write(text.toString());
        out.flush();
    }

    private static String value(JsonElement value) {
        if (value == null || value.isJsonNull()) {
            return "";
        }
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    @Override
    public void close() throws IOException {
        if (out != null) {
            out.close();
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
