package dev.fern.detection.data;

import com.google.gson.Gson;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A small data set on disk, made by a test: image files and an annotation file. */
final class CocoFolder {

    private final Path root;
    private final List<Map<String, Object>> images = new ArrayList<>();
    private final List<Map<String, Object>> annotations = new ArrayList<>();
    private List<Map<String, Object>> categories =
            List.of(Map.of("id", 1, "name", "cell"), Map.of("id", 2, "name", "clot"));

    CocoFolder(Path root) throws IOException {
        this.root = root;
        Files.createDirectories(imageFolder());
    }

    Path imageFolder() {
        return root.resolve("images");
    }

    Path file(String name) {
        return imageFolder().resolve(name);
    }

    CocoFolder categories(List<Map<String, Object>> categories) {
        this.categories = categories;
        return this;
    }

    /** Adds an image entry without a file. */
    CocoFolder entry(long id, String name, int width, int height) {
        images.add(Map.of("id", id, "file_name", name, "width", width, "height", height));
        return this;
    }

    /** Adds an image entry with its file. */
    CocoFolder image(long id, String name, int width, int height) throws IOException {
        TestImages.write(file(name), width, height, id);
        return entry(id, name, width, height);
    }

    CocoFolder box(long imageId, int category, boolean crowd, double... xywh) {
        annotations.add(
                Map.of(
                        "id",
                        annotations.size() + 1,
                        "image_id",
                        imageId,
                        "category_id",
                        category,
                        "bbox",
                        xywh,
                        "area",
                        xywh[2] * xywh[3],
                        "iscrowd",
                        crowd ? 1 : 0));
        return this;
    }

    CocoDataset coco() throws IOException {
        String json =
                new Gson()
                        .toJson(
                                Map.of(
                                        "images", images,
                                        "annotations", annotations,
                                        "categories", categories));
        return CocoDataset.read(Files.writeString(root.resolve("instances.json"), json));
    }

    DetectionDataset dataset(boolean skipBadImages) throws IOException {
        return DetectionDataset.of(
                coco(), new ImageFolder(imageFolder()), ImageReader.standard(), skipBadImages);
    }
}
