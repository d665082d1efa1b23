package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import java.util.Arrays;

/** The times of repeats of one thing. */
final class Timing {

    private final double[] sortedMillis;

    /**
     * Takes the times of the repeats.
     *
     * @param millis one or more, in milliseconds
     */
    Timing(double[] millis) {
        if (millis.length == 0) {
            throw new IllegalArgumentException("no repeats");
        }
        sortedMillis = millis.clone();
        Arrays.sort(sortedMillis);
    }

    /**
     * Returns a quantile of the times in milliseconds, interpolated between neighbours.
     *
     * @param share 0 to 1; 0.5 gives the median
     */
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
