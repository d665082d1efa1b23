package dev.fern.tools.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares COCO results in whatever order they come: where two scores all but tie, it is not the
 * same on every processor.
 */
final class FoundObjects {

    private FoundObjects() {}

    /**
     * Checks that each object was found again and no other.
     *
     * @param scores how far scores may be apart
     * @param pixels how far x, y, width and height may be apart
     */
    static void assertSame(JsonArray now, JsonArray before, double scores, double pixels) {
        assertThat(before).isNotEmpty();
        List<JsonObject> left = new ArrayList<>(OldFiles.objects(now));
        for (JsonObject object : OldFiles.objects(before)) {
            JsonObject same =
                    left.stream()
                            .filter(other -> isSame(object, other, scores, pixels))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new AssertionError(
                                                    object + " was not found again among " + left));
            left.remove(same);
        }
        assertThat(left).as("objects that were not found before").isEmpty();
    }

    private static boolean isSame(JsonObject one, JsonObject other, double scores, double pixels) {
        if (!one.get("image_id").equals(other.get("image_id"))
                || !one.get("category_id").equals(other.get("category_id"))
                || distance(one, other, "score") > scores) {
            return false;
        }
        for (int i = 0; i < 4; i++) {
            double a = one.getAsJsonArray("bbox").get(i).getAsDouble();
            double b = other.getAsJsonArray("bbox").get(i).getAsDouble();
            if (Math.abs(a - b) > pixels) {
                return false;
            }
        }
        return true;
    }

    private static double distance(JsonObject one, JsonObject other, String name) {
        return Math.abs(one.get(name).getAsDouble() - other.get(name).getAsDouble());
    }
}
