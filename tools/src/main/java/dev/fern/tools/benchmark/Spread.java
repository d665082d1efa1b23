package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/** What repeated measurements of one thing gave. */
record Spread(double median, double min, double max) {

    /**
     * Of at least one number; the median of an even count is the mean of the middle two.
     *
     * @throws IllegalArgumentException without any
     */
    static Spread of(double... measured) {
        if (measured.length == 0) {
            throw new IllegalArgumentException("nothing was measured");
        }
        double[] sorted = measured.clone();
        Arrays.sort(sorted);
        int last = sorted.length - 1;
        double median = (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
        return new Spread(median, sorted[0], sorted[last]);
    }

    JsonObject json() {
        JsonObject object = new JsonObject();
        object.addProperty("median", median);
        object.addProperty("min", min);
        object.addProperty("max", max);
        return object;
    }

    /** As "1.23 (1.20 to 1.41)". */
    String text(int digits) {
        String number = "%." + digits + "f";
        return String.format(
                Locale.ROOT, number + " (" + number + " to " + number + ")", median, min, max);
    }
}
