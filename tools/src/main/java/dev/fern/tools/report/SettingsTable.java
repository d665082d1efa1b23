package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.escape;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;

/** The settings of a training beside the defaults. */
final class SettingsTable {

    private final JsonObject settings;
    private final JsonObject defaults;

    SettingsTable(JsonObject settings, JsonObject defaults) {
        this.settings = settings;
        this.defaults = defaults;
    }

    /** Returns a table of the settings that differ, and one of all settings to be unfolded. */
    String html() {
        StringBuilder differing = new StringBuilder();
        StringBuilder all = new StringBuilder();
        for (Map.Entry<String, JsonElement> setting : settings.entrySet()) {
            JsonElement usual = defaults.get(setting.getKey());
            String row =
                    "<tr><td>"
                            + escape(setting.getKey())
                            + "<td class=\"left\">"
                            + escape(text(setting.getValue()))
                            + "<td class=\"left note\">"
                            + (usual == null ? "–" : escape(text(usual)));
            all.append(row);
            if (!isSame(setting.getValue(), usual)) {
                differing.append(row);
            }
        }
        return (differing.isEmpty() ? "<p>None.</p>" : table(differing))
                + "<details><summary>All "
                + settings.size()
                + " settings</summary>"
                + table(all)
                + "</details>";
    }

    private static String table(StringBuilder rows) {
        return "<div class=\"scroll\"><table class=\"settings\"><thead><tr><th>setting"
                + "<th class=\"left\">value<th class=\"left\">default</thead><tbody>"
                + rows
                + "</tbody></table></div>";
    }

    private static String text(JsonElement value) {
        if (value.isJsonPrimitive()) {
            return value.getAsString();
        }
        return value.toString().replace(",", ", ");
    }

    /** Numbers are the same whether they are written 1 or 1.0. */
    private static boolean isSame(JsonElement a, JsonElement b) {
        if (b == null) {
            return false;
        }
        if (a.isJsonArray() && b.isJsonArray()) {
            if (a.getAsJsonArray().size() != b.getAsJsonArray().size()) {
                return false;
            }
            for (int i = 0; i < a.getAsJsonArray().size(); i++) {
                if (!isSame(a.getAsJsonArray().get(i), b.getAsJsonArray().get(i))) {
                    return false;
                }
            }
            return true;
        }
        return isNumber(a) && isNumber(b) ? a.getAsDouble() == b.getAsDouble() : a.equals(b);
    }

    private static boolean isNumber(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
    }
}
