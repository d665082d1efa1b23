package dev.fern.serve;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.draw.DetectionPainter;
import dev.fern.detection.draw.LabelledBox;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** The bodies of answers. */
final class Answers {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Answers() {}

    static byte[] json(JsonElement element) {
        return (GSON.toJson(element) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    static byte[] error(int status, String message) {
        JsonObject error = new JsonObject();
        error.addProperty("code", status);
        error.addProperty("message", message);
        return json(error);
    }

    static JsonObject status(String status) {
        JsonObject object = new JsonObject();
        object.addProperty("status", status);
        return object;
    }

    /** Describes the models. */
    static JsonArray models(List<ServedModel> models) {
        JsonArray all = new JsonArray();
        for (ServedModel model : models) {
            ServedModel.Loaded loaded = model.use();
            try {
                JsonObject object = new JsonObject();
                object.addProperty("name", model.name());
                object.addProperty("version", loaded.version());
                object.addProperty(
                        "score_threshold",
                        loaded.configuration().postProcessing().scoreThreshold());
                JsonArray categories = new JsonArray();
                for (CocoCategory category : loaded.categories()) {
                    JsonObject entry = new JsonObject();
                    entry.addProperty("id", category.id());
                    entry.addProperty("name", category.name());
                    categories.add(entry);
                }
                object.add("categories", categories);
                all.add(object);
            } finally {
                loaded.release();
            }
        }
        return all;
    }

    /** Describes what was found, with the numbers of {@code fern detect --json}. */
    static JsonObject detections(
            String model, String version, int width, int height, List<Detection> found) {
        JsonObject answer = new JsonObject();
        answer.addProperty("model", model);
        answer.addProperty("version", version);
        answer.addProperty("width", width);
        answer.addProperty("height", height);
        JsonArray objects = new JsonArray();
        for (Detection detection : found) {
            JsonObject object = new JsonObject();
            object.addProperty("category_id", detection.categoryId());
            object.addProperty("category", detection.categoryName());
            JsonArray box = new JsonArray(4);
            box.add(detection.x1());
            box.add(detection.y1());
            box.add((double) detection.x2() - detection.x1());
            box.add((double) detection.y2() - detection.y1());
            object.add("bbox", box);
            object.addProperty("score", detection.score());
            objects.add(object);
        }
        answer.add("detections", objects);
        return answer;
    }

    /** Draws what was found onto the image. */
    static void draw(BgrImage image, List<Detection> found) {
        new DetectionPainter()
                .paint(
                        image,
                        found.stream()
                                .map(
                                        d ->
                                                new LabelledBox(
                                                        d.x1(),
                                                        d.y1(),
                                                        d.x2(),
                                                        d.y2(),
                                                        d.category(),
                                                        String.format(
                                                                Locale.ROOT,
                                                                "%s %.2f",
                                                                d.categoryName(),
                                                                d.score())))
                                .toList());
    }
}
