package dev.fern.detection.settings;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the JSON of settings and models. Where Gson's own parser takes the last of several values
 * of one name, this one refuses them: a file that was merged or edited wrongly must not quietly
 * mean something else than it seems to.
 */
public final class StrictJson {

    /** Where in the text a fault is, in the messages of Gson's reader. */
    private static final Pattern PLACE = Pattern.compile("at line (\\d+) column (\\d+)");

    private StrictJson() {}

    /**
     * Parses a document by the rules of RFC 8259. Numbers keep all their digits.
     *
     * @param text one JSON value
     * @return the value
     * @throws JsonParseException if the text is not JSON, is cut short, or nests more than 255
     *     levels; the message says at which line and column
     * @throws IllegalArgumentException if an object has a name twice; the message gives the name
     *     and those of the objects around it
     */
    public static JsonElement parse(String text) {
        return parse(text, Strictness.STRICT);
    }

    /**
     * Parses a document that a person has written: comments, single quotes and bare words are taken
     * too.
     *
     * @param text one JSON value
     * @return the value
     * @throws JsonParseException as {@link #parse}
     * @throws IllegalArgumentException as {@link #parse}
     */
    public static JsonElement parseWithComments(String text) {
        return parse(text, Strictness.LENIENT);
    }

    private static JsonElement parse(String text, Strictness strictness) {
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(strictness);
            JsonElement root = value(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("something follows its end");
            }
            return root;
        } catch (IOException e) { // what a reader of a string throws is about its content
            Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
            throw new JsonParseException(
                    place.find()
                            ? "line " + place.group(1) + ", column " + place.group(2)
                            : e.getMessage(),
                    e);
        }
    }

    private static JsonElement value(JsonReader reader) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(reader);
            case BEGIN_ARRAY -> array(reader);
            case STRING -> new JsonPrimitive(reader.nextString());
            case NUMBER ->
                    new JsonPrimitive(ToNumberPolicy.LAZILY_PARSED_NUMBER.readNumber(reader));
            case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
            default -> {
                reader.nextNull();
                yield JsonNull.INSTANCE;
            }
        };
    }

    private static JsonObject object(JsonReader reader) throws IOException {
        JsonObject object = new JsonObject();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (object.has(name)) {
                String place = reader.getPath().replaceFirst("^\\$\\.", "");
                throw new IllegalArgumentException(
                        "'" + place + "' stands twice; remove one of the two");
            }
            object.add(name, value(reader));
        }
        reader.endObject();
        return object;
    }

    private static JsonArray array(JsonReader reader) throws IOException {
        JsonArray array = new JsonArray();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(value(reader));
        }
        reader.endArray();
        return array;
    }
}
