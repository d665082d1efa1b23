package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import java.util.Arrays;

/** How long repeats of one thing took. */
final class Timing {

    private final double[] sortedMillis;

    /** Takes the repeats' times in milliseconds, one or more. */
    Timing(double[] millis) {
        if (millis.length == 0) {
            throw new IllegalArgumentException("no repeats");
        }
        sortedMillis = millis.clone();
        Arrays.sort(sortedMillis);
    }

    /** The time at a share of the sorted repeats, 0 to 1, interpolated between neighbours. */
    double quantile(double share) {
        double place = share * (sortedMillis.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sortedMillis.length - 1);
        return sortedMillis[below] + (place - below) * (sortedMillis[above] - sortedMillis[below]);
    }

    double median() {
        return quantile(0.5);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("median_ms", median());
        json.addProperty("lower_quartile_ms", quantile(0.25));
        json.addProperty("upper_quartile_ms", quantile(0.75));
        json.addProperty("least_ms", quantile(0));
        json.addProperty("repeats", sortedMillis.length);
        return json;
    }
}
