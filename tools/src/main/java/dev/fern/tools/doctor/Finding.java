package dev.fern.tools.doctor;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * What is known of one part of the machine.
 *
 * @param part name of the part
 * @param state how well it serves
 * @param text one line that says what is there
 * @param remedies what to do, one line each; empty if there is nothing to do
 */
record Finding(String part, State state, String text, List<String> remedies) {

    /** How well a part serves. */
    enum State {
        /** All is well. */
        OK,
        /** Fern works, but slower or with less than it could. */
        NOTE,
        /** Something that is there does not work. */
        FAULT;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String part, String text) {
        return new Finding(part, State.OK, text, List.of());
    }

    static Finding note(String part, String text, String... remedies) {
        return new Finding(part, State.NOTE, text, List.of(remedies));
    }

    static Finding fault(String part, String text, String... remedies) {
        return new Finding(part, State.FAULT, text, List.of(remedies));
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("part", part);
        json.addProperty("state", state.id());
        json.addProperty("text", text);
        JsonArray lines = new JsonArray();
        remedies.forEach(lines::add);
        json.add("remedies", lines);
        return json;
    }
}
