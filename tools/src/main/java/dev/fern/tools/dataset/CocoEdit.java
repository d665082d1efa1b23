package dev.fern.tools.dataset;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.format.CocoJson;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Copies COCO instances files record by record, so that a record keeps all of its fields, whatever
 * they are, and a file of any size fits into memory. The file has been read as a data set before,
 * and so has no errors.
 *
 * @param file to copy from
 * @param images which images to take
 * @param categories which categories to take
 * @param annotations which annotations to take
 */
record CocoEdit(Path file, Rule images, Rule categories, Rule annotations) {

    /** The three arrays of records. */
    private static final Set<String> SECTIONS = Set.of("images", "categories", "annotations");

    private static final Gson GSON =
            new GsonBuilder()
                    .disableHtmlEscaping()
                    .serializeNulls()
                    .serializeSpecialFloatingPointValues()
                    .create();

    /** Decides on records. */
    @FunctionalInterface
    interface Rule {

        /** Takes every record. */
        Rule ALL = (index, record) -> true;

        /**
         * Decides on a record and may change it.
         *
         * @param index among those of its kind in the file, from 0
         * @return whether to take it
         */
        boolean take(int index, JsonObject record);
    }

    /** Returns an id as {@link CocoDataset#idText} writes it, where a record may have 1.0 for 1. */
    static String idText(JsonElement id) {
        return id instanceof JsonPrimitive value && value.isNumber()
                ? value.getAsBigDecimal().stripTrailingZeros().toPlainString()
                : id.toString();
    }

    /** How many records were written. */
    record Counts(int images, int categories, int annotations) {

        @Override
        public String toString() {
            return images
                    + " images, "
                    + annotations
                    + " annotations, "
                    + categories
                    + " categories";
        }
    }

    /**
     * Copies several files into one, whole or not at all. What files hold besides the three arrays
     * comes from the first.
     *
     * @param edits at least one
     */
    static Counts write(List<CocoEdit> edits, Path output) throws IOException {
        Map<String, Integer> counts = new LinkedHashMap<>();
        AtomicFile.write(
                output,
                out -> {
                    Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
                    JsonWriter json = new JsonWriter(text);
                    json.setStrictness(Strictness.LENIENT); // NaN, as Python writes it
                    json.beginObject();
                    edits.get(0).copyOthers(json);
                    for (String section : List.of("images", "categories", "annotations")) {
                        json.name(section).beginArray();
                        int count = 0;
                        for (CocoEdit edit : edits) {
                            count += edit.copy(section, json);
                        }
                        counts.put(section, count);
                        json.endArray();
                    }
                    json.endObject();
                    text.write("\n");
                    text.flush();
                });
        return new Counts(
                counts.get("images"), counts.get("categories"), counts.get("annotations"));
    }

    private void copyOthers(JsonWriter json) throws IOException {
        walk(
                (name, reader) -> {
                    if (SECTIONS.contains(name)) {
                        reader.skipValue();
                    } else {
                        JsonElement value = JsonParser.parseReader(reader);
                        json.name(name);
                        GSON.toJson(value, json);
                    }
                });
    }

    private int copy(String section, JsonWriter json) throws IOException {
        Rule rule =
                switch (section) {
                    case "images" -> images;
                    case "categories" -> categories;
                    default -> annotations;
                };
        int[] count = new int[1];
        walk(
                (name, reader) -> {
                    if (!name.equals(section) || reader.peek() != JsonToken.BEGIN_ARRAY) {
                        reader.skipValue();
                        return;
                    }
                    reader.beginArray();
                    for (int i = 0; reader.hasNext(); i++) {
                        JsonObject record = JsonParser.parseReader(reader).getAsJsonObject();
                        if (rule.take(i, record)) {
                            GSON.toJson(record, json);
                            count[0]++;
                        }
                    }
                    reader.endArray();
                });
        return count[0];
    }

    /** Receives the members of the document. */
    private interface Member {
        void take(String name, JsonReader value) throws IOException;
    }

    private void walk(Member member) throws IOException {
        try (JsonReader reader = CocoJson.open(file)) {
            reader.setStrictness(Strictness.LENIENT);
            reader.beginObject();
            while (reader.hasNext()) {
                member.take(reader.nextName(), reader);
            }
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(file + ": can't be copied: " + e.getMessage(), e);
        }
    }
}
