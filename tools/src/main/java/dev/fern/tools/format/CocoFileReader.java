package dev.fern.tools.format;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.Polygon;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a COCO instances file, with the polygons of its segmentations. Categories of one name are
 * one category. Segmentations by run lengths, which crowds have, are left out; their boxes stay.
 *
 * @param file JSON, plain or gzip
 * @param images the image folder, to find the files that names with other folders mean
 */
public record CocoFileReader(Path file, Optional<ImageHeaders> images) implements AnnotationReader {

    @Override
    public AnnotatedDataset read() throws IOException {
        CocoDataset dataset = CocoDataset.read(file);
        Map<Long, String> names = new HashMap<>();
        Set<String> categories = new LinkedHashSet<>();
        for (CocoCategory category : dataset.categories()) {
            names.put(category.id(), category.name());
            categories.add(category.name());
        }
        Map<Long, List<AnnotatedObject>> objects = new HashMap<>();
        List<List<Polygon>> outlines = outlines();
        for (int i = 0; i < dataset.annotations().size(); i++) {
            CocoAnnotation annotation = dataset.annotations().get(i);
            objects.computeIfAbsent(annotation.imageId(), id -> new ArrayList<>())
                    .add(
                            new AnnotatedObject(
                                    names.get(annotation.categoryId()),
                                    annotation.box(),
                                    annotation.area(),
                                    annotation.crowd(),
                                    i < outlines.size() ? outlines.get(i) : List.of()));
        }
        List<AnnotatedImage> read = new ArrayList<>();
        for (CocoImage image : dataset.images()) {
            String name = FileNames.relative(file, image.fileName());
            read.add(
                    new AnnotatedImage(
                            images.isPresent() ? images.get().locate(name) : name,
                            image.width() > 0 && image.height() > 0
                                    ? Optional.of(new ImageSize(image.width(), image.height()))
                                    : Optional.empty(),
                            objects.getOrDefault(image.id(), List.of())));
        }
        return new AnnotatedDataset(List.copyOf(categories), read, List.of());
    }

    /** Returns the polygons of each annotation in file order. */
    private List<List<Polygon>> outlines() throws IOException {
        List<List<Polygon>> outlines = new ArrayList<>();
        try (JsonReader json = CocoJson.open(file)) {
            json.setStrictness(Strictness.LENIENT); // NaN, which the data set's reader has judged
            json.beginObject();
            while (json.hasNext()) {
                if (json.nextName().equals("annotations") && json.peek() == JsonToken.BEGIN_ARRAY) {
                    outlines.clear();
                    json.beginArray();
                    while (json.hasNext()) {
                        outlines.add(outline(json));
                    }
                    json.endArray();
                } else {
                    json.skipValue();
                }
            }
        } catch (IllegalStateException | NumberFormatException e) {
            throw new AnnotationFormatException(file, "a segmentation is not one of COCO", e);
        }
        return outlines;
    }

    private static List<Polygon> outline(JsonReader json) throws IOException {
        List<Polygon> polygons = List.of();
        json.beginObject();
        while (json.hasNext()) {
            if (json.nextName().equals("segmentation") && json.peek() == JsonToken.BEGIN_ARRAY) {
                polygons = polygons(json);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        return polygons;
    }

    private static List<Polygon> polygons(JsonReader json) throws IOException {
        List<Polygon> polygons = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            if (json.peek() != JsonToken.BEGIN_ARRAY) {
                json.skipValue();
                continue;
            }
            List<Double> numbers = new ArrayList<>();
            json.beginArray();
            while (json.hasNext()) {
                numbers.add(json.nextDouble());
            }
            json.endArray();
            if (numbers.size() >= 6 && numbers.size() % 2 == 0) {
                polygons.add(
                        new Polygon(numbers.stream().mapToDouble(Double::doubleValue).toArray()));
            }
        }
        json.endArray();
        return polygons;
    }
}
