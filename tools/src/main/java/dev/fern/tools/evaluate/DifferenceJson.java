package dev.fern.tools.evaluate;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.detection.settings.RecordJson;
import java.util.Map;

/**
 * Writes differences between two sets of detections as JSON; numbers that are not known are null.
 */
public final class DifferenceJson {

    private DifferenceJson() {}

    /**
     * Returns an object with an entry for each metric, under its label.
     *
     * @param metrics the differences
     * @return the object
     */
    public static JsonObject of(Map<CocoMetric, Difference> metrics) {
        JsonObject object = new JsonObject();
        metrics.forEach((metric, difference) -> object.add(metric.label(), of(difference)));
        return object;
    }

    /**
     * Returns a difference as an object.
     *
     * @param difference its numbers may be NaN
     * @return the object
     */
    public static JsonObject of(Difference difference) {
        JsonObject entry = new JsonObject();
        entry.addProperty("a", difference.a());
        entry.addProperty("b", difference.b());
        add(entry, "difference", difference.difference());
        add(entry, "low", difference.low());
        add(entry, "high", difference.high());
        add(entry, "p", difference.pValue());
        entry.addProperty("resamples", difference.resamples());
        return entry;
    }

    /**
     * Reads a difference.
     *
     * @param entry as {@link #of(Difference)} returns it
     * @return the difference
     * @throws IllegalArgumentException if a number is missing or no number
     */
    public static Difference read(JsonObject entry) {
        return new Difference(
                number(entry, "a"),
                number(entry, "b"),
                number(entry, "difference"),
                number(entry, "low"),
                number(entry, "high"),
                number(entry, "p"),
                (int) number(entry, "resamples"));
    }

    private static double number(JsonObject entry, String name) {
        return entry.has(name) && entry.get(name).isJsonNull()
                ? Double.NaN
                : (double) RecordJson.value(entry.get(name), double.class, name);
    }

    /**
     * Adds a number, or null in place of NaN.
     *
     * @param entry what to add to
     * @param name of the number
     * @param number may be NaN
     */
    public static void add(JsonObject entry, String name, double number) {
        entry.add(name, Double.isNaN(number) ? JsonNull.INSTANCE : new JsonPrimitive(number));
    }
}
