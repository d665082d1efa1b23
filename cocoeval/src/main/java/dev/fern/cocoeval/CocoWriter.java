package dev.fern.cocoeval;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.Polygons;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes COCO files. Reading them gives the same doubles again, NaN and infinities included. */
final class CocoWriter {
    private interface Content {
        void writeTo(JsonWriter json) throws IOException;
    }

    private CocoWriter() {}

    static void write(CocoDataset dataset, Path file) throws IOException {
        write(
                file,
                json -> {
                    json.beginObject();
                    json.name("images").beginArray();
                    for (CocoImage image : dataset.images()) {
                        json.beginObject();
                        id(json.name("id"), image.id(), dataset.ids());
                        json.name("file_name").value(image.fileName());
                        json.name("width").value(image.width());
                        json.name("height").value(image.height());
                        json.endObject();
                    }
                    json.endArray().name("categories").beginArray();
                    for (CocoCategory category : dataset.categoriesAsListed()) {
                        json.beginObject();
                        id(json.name("id"), category.id(), dataset.ids());
                        json.name("name").value(category.name());
                        json.name("supercategory").value(category.supercategory());
                        json.endObject();
                    }
                    json.endArray().name("annotations").beginArray();
                    for (int i = 0; i < dataset.annotations().size(); i++) {
                        CocoAnnotation annotation = dataset.annotations().get(i);
                        json.beginObject();
                        id(json.name("id"), annotation.id(), dataset.ids());
                        id(json.name("image_id"), annotation.imageId(), dataset.ids());
                        id(json.name("category_id"), annotation.categoryId(), dataset.ids());
                        box(json.name("bbox"), annotation.box());
                        json.name("area").value(annotation.area());
                        json.name("iscrowd").value(annotation.crowd() ? 1 : 0);
                        shape(json, dataset.shapes(), i);
                        if (dataset.iouType() == IouType.KEYPOINTS) {
                            json.name("num_keypoints").value(dataset.shapes().labelled(i));
                        }
                        json.endObject();
                    }
                    json.endArray().endObject();
                });
    }

    static void write(CocoResults results, Path file) throws IOException {
        write(
                file,
                json -> {
                    json.beginArray();
                    for (int i = 0; i < results.size(); i++) {
                        json.beginObject();
                        id(json.name("image_id"), results.imageId(i), results.ids());
                        id(json.name("category_id"), results.categoryId(i), results.ids());
                        if (results.hasBoxes() || !results.shapes().has(i)) {
                            box(json.name("bbox"), results.box(i));
                        }
                        shape(json, results.shapes(), i);
                        json.name("score").value(results.score(i));
                        json.endObject();
                    }
                    json.endArray();
                });
    }

    private static void write(Path file, Content content) throws IOException {
        AtomicFile.write(
                file,
                out -> {
                    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
                    JsonWriter json = new JsonWriter(writer);
                    json.setStrictness(Strictness.LENIENT);
                    content.writeTo(json);
                    json.flush();
                });
    }

    private static void box(JsonWriter json, Box box) throws IOException {
        numbers(json, new double[] {box.x(), box.y(), box.width(), box.height()});
    }

    /** Writes the mask or the keypoints of a record, if it has any. */
    private static void shape(JsonWriter json, Shapes shapes, int i) throws IOException {
        Segmentation mask = shapes.mask(i);
        if (mask != null) {
            segmentation(json.name("segmentation"), mask);
        }
        if (shapes.keypoints(i) != null) {
            numbers(json.name("keypoints"), shapes.keypoints(i).numbers());
        }
    }

    private static void segmentation(JsonWriter json, Segmentation mask) throws IOException {
        if (mask instanceof Polygons polygons) {
            json.beginArray();
            for (double[] xy : polygons.parts()) {
                numbers(json, xy);
            }
            json.endArray();
        } else if (mask instanceof Refused) {
            json.nullValue();
        } else {
            Rle drawn = mask.draw(0, 0);
            json.beginObject().name("size").beginArray();
            json.value(drawn.height()).value(drawn.width()).endArray();
            json.name("counts").value(drawn.text()).endObject();
        }
    }

    private static void numbers(JsonWriter json, double[] numbers) throws IOException {
        json.beginArray();
        for (double number : numbers) {
            json.value(number);
        }
        json.endArray();
    }

    private static void id(JsonWriter json, long id, IdTable ids) throws IOException {
        Object value = ids.value(id);
        if (value instanceof Number number) {
            json.value(number);
        } else if (value instanceof String text) {
            json.value(text);
        } else {
            json.nullValue();
        }
    }
}
