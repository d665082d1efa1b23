package dev.fern.tools.format;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.Polygon;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a COCO instances file, with the outlines of objects as segmentations. Images, categories
 * and annotations are numbered from 1; an image whose size is not known has none in the file.
 */
public final class CocoFileWriter implements AnnotationWriter {

    @Override
    public boolean writesFolder() {
        return false;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException {
        CocoDataset coco = dataset.toCoco();
        List<List<Polygon>> outlines = dataset.outlines();
        AtomicFile.write(
                output,
                out -> {
                    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
                    JsonWriter json = new JsonWriter(writer);
                    json.setStrictness(Strictness.STRICT);
                    write(coco, outlines, json);
                    writer.write("\n");
                    writer.flush();
                });
    }

    private static void write(CocoDataset coco, List<List<Polygon>> outlines, JsonWriter json)
            throws IOException {
        json.beginObject().name("images").beginArray();
        for (CocoImage image : coco.images()) {
            json.beginObject().name("id").value(image.id());
            json.name("file_name").value(image.fileName());
            if (image.width() > 0) {
                json.name("width").value(image.width());
                json.name("height").value(image.height());
            }
            json.endObject();
        }
        json.endArray().name("categories").beginArray();
        for (CocoCategory category : coco.categories()) {
            json.beginObject().name("id").value(category.id());
            json.name("name").value(category.name());
            json.name("supercategory").value(category.supercategory()).endObject();
        }
        json.endArray().name("annotations").beginArray();
        for (int i = 0; i < coco.annotations().size(); i++) {
            annotation(coco.annotations().get(i), outlines.get(i), json);
        }
        json.endArray().endObject();
    }

    private static void annotation(
            CocoAnnotation annotation, List<Polygon> outline, JsonWriter json) throws IOException {
        json.beginObject().name("id").value(annotation.id());
        json.name("image_id").value(annotation.imageId());
        json.name("category_id").value(annotation.categoryId());
        Box box = annotation.box();
        numbers(json.name("bbox"), box.x(), box.y(), box.width(), box.height());
        json.name("area").value(annotation.area());
        json.name("iscrowd").value(annotation.crowd() ? 1 : 0);
        if (!outline.isEmpty()) {
            json.name("segmentation").beginArray();
            for (Polygon polygon : outline) {
                numbers(json, polygon.points());
            }
            json.endArray();
        }
        json.endObject();
    }

    private static void numbers(JsonWriter json, double... numbers) throws IOException {
        json.beginArray();
        for (double number : numbers) {
            json.value(number);
        }
        json.endArray();
    }
}
