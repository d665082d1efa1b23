package dev.fern.tools.format;

import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageFiles;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a folder of labelme's JSON files, one per image, which belongs beside it. An object with
 * an outline becomes polygons, of one {@code group_id} if there are several; others, and those
 * whose outline does not give their box again, become rectangles. Crowds have the flag {@value
 * #CROWD}.
 */
public final class LabelmeWriter implements AnnotationWriter {

    /** The flag of a shape that is a crowd. */
    static final String CROWD = "iscrowd";

    @Override
    public boolean writesFolder() {
        return true;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException, BadInputException {
        ImageFiles.write(dataset, output, "", ".json", LabelmeWriter::image, folder -> {});
    }

    private static void image(AnnotatedImage image, Writer text) throws IOException {
        ImageSize size = image.size().orElseThrow();
        JsonWriter json = new JsonWriter(text);
        json.setIndent("  ");
        json.beginObject().name("version").value("5.0.1");
        json.name("flags").beginObject().endObject();
        json.name("shapes").beginArray();
        int group = 0;
        for (AnnotatedObject object : image.objects()) {
            if (!object.outlineGivesBox()) {
                Box box = object.box();
                double[] corners = {box.x(), box.y(), box.x2(), box.y2()};
                shape(object, "rectangle", corners, -1, json);
                continue;
            }
            List<Polygon> outline = object.outline();
            group += outline.size() > 1 ? 1 : 0;
            for (Polygon polygon : outline) {
                shape(object, "polygon", polygon.points(), outline.size() > 1 ? group : -1, json);
            }
        }
        json.endArray();
        json.name("imagePath").value(FileNames.last(image.fileName()));
        json.name("imageData").nullValue();
        json.name("imageHeight").value(size.height());
        json.name("imageWidth").value(size.width()).endObject();
        text.write("\n");
    }

    private static void shape(
            AnnotatedObject object, String type, double[] points, int group, JsonWriter json)
            throws IOException {
        json.beginObject().name("label").value(object.category());
        json.name("points").beginArray();
        for (int i = 0; i < points.length; i += 2) {
            json.beginArray().value(points[i]).value(points[i + 1]).endArray();
        }
        json.endArray().name("group_id");
        if (group < 0) {
            json.nullValue();
        } else {
            json.value(group);
        }
        json.name("shape_type").value(type).name("flags").beginObject();
        if (object.crowd()) {
            json.name(CROWD).value(true);
        }
        json.endObject().endObject();
    }
}
