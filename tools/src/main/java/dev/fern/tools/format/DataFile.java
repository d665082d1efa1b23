package dev.fern.tools.format;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.settings.StrictJson;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.SourceText;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One file that names the data of a training: a JSON file with annotations and images of {@code
 * train} and {@code val}, or ultralytics' {@code data.yaml}.
 *
 * <pre>{@code
 * {"train": {"annotations": "annotations/train.json", "images": "train"},
 *  "val":   {"annotations": "annotations/val.json",   "images": "val"}}
 * }</pre>
 *
 * @param train what is learned from
 * @param val what is evaluated on, if the file names it
 */
public record DataFile(Part train, Optional<Part> val) {

    private static final int MOST_BYTES = 1 << 20;

    /**
     * Images with their annotations.
     *
     * @param annotations COCO instances file, or the {@code data.yaml} that the annotations were
     *     converted from
     * @param images the folder that file names are relative to
     * @param converted the annotations, where they were converted
     */
    public record Part(Path annotations, Path images, Optional<CocoDataset> converted) {

        /**
         * Reads the annotations.
         *
         * @return a data set without errors; categories of a {@code data.yaml} have the ids 1, 2
         *     and so on, in the order of its names
         * @throws IOException naming the file and record that can't be used
         */
        public CocoDataset read() throws IOException {
            return converted.isPresent() ? converted.get() : CocoDataset.read(annotations);
        }
    }

    /**
     * Reads a file. Of a {@code data.yaml}, labels and headers of the images are read too.
     *
     * @param file {@code .yaml} or {@code .yml} for ultralytics' format, otherwise JSON; its paths
     *     are relative to its folder
     * @return the parts
     * @throws AnnotationFormatException naming the file and what is wrong with it
     * @throws IOException if a file can't be read
     */
    public static DataFile read(Path file) throws IOException {
        return isYaml(file) ? yaml(file) : json(file);
    }

    /**
     * Tells ultralytics' format from JSON.
     *
     * @param file need not exist
     * @return whether its name ends in {@code .yaml} or {@code .yml}
     */
    public static boolean isYaml(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).matches(".*\\.ya?ml");
    }

    private static DataFile yaml(Path file) throws IOException {
        YoloData data = YoloData.read(file);
        if (!data.splits().containsKey("train")) {
            throw new AnnotationFormatException(file, "has no train");
        }
        return new DataFile(
                split(data, "train"),
                data.splits().containsKey("val")
                        ? Optional.of(split(data, "val"))
                        : Optional.empty());
    }

    private static Part split(YoloData data, String name) throws IOException {
        YoloReader.Located located =
                new YoloReader(data.file(), Optional.empty(), Optional.of(name)).read(data);
        return new Part(data.file(), located.folder(), Optional.of(located.dataset().toCoco()));
    }

    private static DataFile json(Path file) throws IOException {
        try {
            JsonObject fields =
                    StrictJson.parse(SourceText.read(file, MOST_BYTES)).getAsJsonObject();
            Part train = null;
            Part val = null;
            for (Map.Entry<String, JsonElement> entry : fields.entrySet()) {
                switch (entry.getKey()) {
                    case "train" -> train = part(file, "train", entry.getValue());
                    case "val" -> val = part(file, "val", entry.getValue());
                    default ->
                            throw new AnnotationFormatException(
                                    file, "has \"" + entry.getKey() + "\"; it takes train and val");
                }
            }
            if (train == null) {
                throw new AnnotationFormatException(file, "has no train");
            }
            return new DataFile(train, Optional.ofNullable(val));
        } catch (JsonParseException | IllegalArgumentException | IllegalStateException e) {
            throw new AnnotationFormatException(
                    file, "is not a JSON object with train and val: " + e.getMessage(), e);
        }
    }

    private static Part part(Path file, String name, JsonElement value) throws IOException {
        JsonObject fields = value.getAsJsonObject();
        for (String field : fields.keySet()) {
            if (!field.equals("annotations") && !field.equals("images")) {
                throw new AnnotationFormatException(
                        file, name + " has \"" + field + "\"; it takes annotations and images");
            }
        }
        return new Part(
                path(file, name, fields, "annotations"),
                path(file, name, fields, "images"),
                Optional.empty());
    }

    private static Path path(Path file, String name, JsonObject fields, String field)
            throws IOException {
        JsonElement value = fields.get(field);
        if (value == null
                || !value.isJsonPrimitive()
                || !value.getAsJsonPrimitive().isString()
                || value.getAsString().isBlank()) {
            throw new AnnotationFormatException(file, name + " has no path as " + field);
        }
        try {
            return file.resolveSibling(value.getAsString());
        } catch (InvalidPathException e) {
            throw new AnnotationFormatException(
                    file, name + "." + field + " is not a valid path", e);
        }
    }
}
