package dev.fern.tools.detect;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import dev.fern.tools.log.CsvRow;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The files that hold what was found in all images. */
final class Layouts {

    private static final Gson GSON = new Gson();

    private Layouts() {}

    /** COCO results with the names of the files: one array of objects. */
    record CocoResults(List<CocoCategory> categories) implements TableSink.Layout {

        @Override
        public String head() {
            return "[";
        }

        @Override
        public String rows(DetectedImage image, boolean first) {
            return rows(image.id(), image.name(), image.frame(), image.detections(), first);
        }

        /** Returns the text about an image, see {@link DetectedImage} for the values. */
        String rows(
                JsonElement id,
                String name,
                long frame,
                List<Detection> detections,
                boolean first) {
            String rows =
                    detections.stream()
                            .map(detection -> GSON.toJson(result(id, name, frame, detection)))
                            .collect(Collectors.joining(","));
            return rows.isEmpty() || first ? rows : "," + rows;
        }

        private JsonObject result(JsonElement id, String name, long frame, Detection detection) {
            JsonObject result = new JsonObject();
            result.add("image_id", id);
            result.addProperty("category_id", categories.get(detection.category()).id());
            result.add("bbox", box(detection));
            result.addProperty("score", detection.score());
            result.addProperty("file_name", name);
            if (frame > 0) {
                result.addProperty("frame", frame);
            }
            return result;
        }

        @Override
        public String tail() {
            return "]\n";
        }
    }

    /** JSON Lines: one object per image, those without objects too. */
    record JsonLines(List<CocoCategory> categories) implements TableSink.Layout {

        @Override
        public String head() {
            return "";
        }

        @Override
        public String rows(DetectedImage image, boolean first) {
            JsonObject line = new JsonObject();
            line.add("image_id", image.id());
            line.addProperty("file_name", image.name());
            if (image.frame() > 0) {
                line.addProperty("frame", image.frame());
            }
            line.addProperty("width", image.size().width());
            line.addProperty("height", image.size().height());
            JsonArray objects = new JsonArray();
            for (Detection detection : image.detections()) {
                CocoCategory category = categories.get(detection.category());
                JsonObject object = new JsonObject();
                object.addProperty("category_id", category.id());
                object.addProperty("category", category.name());
                object.add("bbox", box(detection));
                object.addProperty("score", detection.score());
                objects.add(object);
            }
            line.add("objects", objects);
            return GSON.toJson(line) + "\n";
        }

        @Override
        public String tail() {
            return "";
        }
    }

    /** CSV: one line per object, under a line of titles. */
    record Csv(List<CocoCategory> categories) implements TableSink.Layout {

        @Override
        public String head() {
            return CsvRow.of(
                    List.of(
                            "image_id",
                            "file_name",
                            "frame",
                            "category_id",
                            "category",
                            "score",
                            "x",
                            "y",
                            "width",
                            "height"));
        }

        @Override
        public String rows(DetectedImage image, boolean first) {
            return image.detections().stream()
                    .map(detection -> CsvRow.of(row(image, detection)))
                    .collect(Collectors.joining());
        }

        private List<String> row(DetectedImage image, Detection detection) {
            CocoCategory category = categories.get(detection.category());
            return List.of(
                    image.id().getAsString(),
                    image.name(),
                    image.frame() == 0 ? "" : Long.toString(image.frame()),
                    Long.toString(category.id()),
                    category.name(),
                    Float.toString(detection.score()),
                    number(detection.x1()),
                    number(detection.y1()),
                    number((double) detection.x2() - detection.x1()),
                    number((double) detection.y2() - detection.y1()));
        }

        private static String number(double pixels) {
            return String.format(Locale.ROOT, "%.3f", pixels);
        }

        @Override
        public String tail() {
            return "";
        }
    }

    private static JsonArray box(Detection detection) {
        JsonArray box = new JsonArray();
        box.add(detection.x1());
        box.add(detection.y1());
        box.add((double) detection.x2() - detection.x1());
        box.add((double) detection.y2() - detection.y1());
        return box;
    }
}
