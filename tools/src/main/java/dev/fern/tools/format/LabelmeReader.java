package dev.fern.tools.format;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.annotation.SourceText;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a folder of labelme's JSON files, and of the folders below it. Rectangles are boxes;
 * polygons, circles and masks have the box around them, polygons their outline too. Shapes of one
 * label and one {@code group_id} are one object, as labelme's own converters have it. Points and
 * lines are left out. Of a path of an image the last part counts, in the JSON file's folder.
 *
 * @param annotations folder of the JSON files, or one file
 * @param images the image folder, for the sizes of images whose JSON files don't give them; by
 *     default the folder of the JSON files
 */
public record LabelmeReader(Path annotations, Optional<ImageHeaders> images)
        implements AnnotationReader {

    /** The files may hold their images. */
    private static final int MOST_BYTES = 256 << 20;

    private static final int MOST_POINTS = 1_000_000;

    @Override
    public AnnotatedDataset read() throws IOException {
        List<Path> files =
                ImageHeaders.files(
                        annotations,
                        file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".json"));
        if (files.isEmpty()) {
            throw new AnnotationFormatException(annotations, "no JSON files here");
        }
        Path root =
                Files.isDirectory(annotations)
                        ? annotations
                        : annotations.toAbsolutePath().getParent();
        ImageHeaders folder = images.isPresent() ? images.get() : new ImageHeaders(root);
        List<AnnotatedImage> read = new ArrayList<>();
        Map<String, Path> users = new LinkedHashMap<>();
        int leftOut = 0;
        for (Path file : files) {
            Content content = new Content(file);
            content.read();
            String name = folder.locate(content.fileName(root));
            Path other = users.put(name, file);
            if (other != null) {
                throw new AnnotationFormatException(
                        file, "imagePath " + name + " is already that of " + other);
            }
            leftOut += content.leftOut;
            read.add(
                    new AnnotatedImage(
                            name,
                            Optional.of(
                                    content.hasSize()
                                            ? new ImageSize(content.width, content.height)
                                            : folder.size(name)),
                            content.objects()));
        }
        return AnnotatedDataset.of(
                List.of(),
                read,
                leftOut == 0 ? List.of() : List.of(leftOut + " points and lines left out"));
    }

    /** A shape, with the points of its outline or of its diagonal. */
    private record Shape(String label, String group, boolean crowd, boolean box, Polygon outline) {}

    /** What one file holds. */
    private static final class Content {

        private final Path file;
        private final List<Shape> shapes = new ArrayList<>();
        private String imagePath = "";
        private int width;
        private int height;
        private int leftOut;

        Content(Path file) {
            this.file = file;
        }

        void read() throws IOException {
            String text = SourceText.read(file, MOST_BYTES);
            boolean hasShapes = false;
            try (JsonReader json = new JsonReader(new StringReader(text))) {
                json.setStrictness(Strictness.STRICT);
                json.beginObject();
                for (String name = nextField(json); name != null; name = nextField(json)) {
                    switch (name) {
                        case "imagePath" -> imagePath = json.nextString();
                        case "imageWidth" -> width = json.nextInt();
                        case "imageHeight" -> height = json.nextInt();
                        case "shapes" -> {
                            hasShapes = true;
                            json.beginArray();
                            while (json.hasNext()) {
                                shape(json);
                            }
                            json.endArray();
                        }
                        default -> json.skipValue();
                    }
                }
                json.endObject();
                json.peek();
            } catch (MalformedJsonException | EOFException e) {
                throw new AnnotationFormatException(file, "not JSON: " + reason(e), e);
            } catch (IllegalStateException | NumberFormatException e) {
                throw new AnnotationFormatException(file, "not labelme's JSON: " + reason(e), e);
            }
            if (!hasShapes) {
                throw new AnnotationFormatException(file, "has no shapes; not a file of labelme?");
            }
        }

        private static String reason(Exception e) {
            return String.valueOf(e.getMessage())
                    .replaceFirst("(?s)\\s*See https.*", "")
                    .replaceFirst("^Use JsonReader\\S* to accept malformed JSON", "malformed");
        }

        boolean hasSize() {
            return width > 0 && height > 0;
        }

        /** Returns the name relative to the folder of all files. */
        String fileName(Path root) throws IOException {
            String own = FileNames.withoutExtension(file.getFileName().toString());
            String name = imagePath.isBlank() ? own : FileNames.relative(file, imagePath);
            Path folder = root.toAbsolutePath().relativize(file.toAbsolutePath()).getParent();
            return folder == null ? name : folder.toString().replace('\\', '/') + "/" + name;
        }

        /** Returns the name of an object's next field that has a value; null at its end. */
        private static String nextField(JsonReader json) throws IOException {
            while (json.hasNext()) {
                String name = json.nextName();
                if (json.peek() != JsonToken.NULL) {
                    return name;
                }
                json.nextNull();
            }
            return null;
        }

        private void shape(JsonReader json) throws IOException {
            String label = "";
            String group = "";
            String type = "polygon"; // files of labelme 3 do not tell
            boolean crowd = false;
            List<Double> points = new ArrayList<>();
            json.beginObject();
            for (String name = nextField(json); name != null; name = nextField(json)) {
                switch (name) {
                    case "label" -> label = json.nextString();
                    case "group_id" -> group = json.nextString();
                    case "shape_type" -> type = json.nextString();
                    case "points" -> points(json, points);
                    case "flags" -> crowd = isCrowd(json);
                    default -> json.skipValue();
                }
            }
            json.endObject();
            if (label.isEmpty()) {
                throw fault("has no label");
            }
            double[] xy = points.stream().mapToDouble(Double::doubleValue).toArray();
            switch (type) {
                case "polygon" -> {
                    if (xy.length < 6) {
                        throw fault("is a polygon of " + xy.length / 2 + " points");
                    }
                    shapes.add(new Shape(label, group, crowd, false, new Polygon(xy)));
                }
                case "rectangle", "mask", "circle" -> {
                    if (xy.length < 4) {
                        throw fault("is a " + type + " of " + xy.length / 2 + " points");
                    }
                    double[] corners = type.equals("circle") ? around(xy) : xy;
                    shapes.add(new Shape(label, group, crowd, true, rectangle(corners)));
                }
                case "rotation", "oriented_rectangle" -> {
                    if (xy.length < 6) {
                        throw fault("is a " + type + " of " + xy.length / 2 + " points");
                    }
                    shapes.add(new Shape(label, group, crowd, false, new Polygon(xy)));
                }
                default -> leftOut++;
            }
        }

        /** Reads the flags of a shape; {@link LabelmeWriter} marks crowds by one. */
        private static boolean isCrowd(JsonReader json) throws IOException {
            boolean crowd = false;
            json.beginObject();
            while (json.hasNext()) {
                if (json.nextName().equals(LabelmeWriter.CROWD)
                        && json.peek() == JsonToken.BOOLEAN) {
                    crowd = json.nextBoolean();
                } else {
                    json.skipValue();
                }
            }
            json.endObject();
            return crowd;
        }

        private void points(JsonReader json, List<Double> points) throws IOException {
            json.beginArray();
            while (json.hasNext()) {
                json.beginArray();
                points.add(json.nextDouble());
                points.add(json.nextDouble());
                json.endArray();
                if (points.size() > MOST_POINTS) {
                    throw fault("has more than " + MOST_POINTS / 2 + " points");
                }
            }
            json.endArray();
        }

        /**
         * Returns two corners of the square around a circle, given its centre and a point on it.
         */
        private static double[] around(double[] circle) {
            double radius = Math.hypot(circle[2] - circle[0], circle[3] - circle[1]);
            return new double[] {
                circle[0] - radius, circle[1] - radius, circle[0] + radius, circle[1] + radius
            };
        }

        /** Returns the rectangle around points, of which there are two at least. */
        private static Polygon rectangle(double[] points) {
            double[] box = {points[0], points[1], points[0], points[1]};
            for (int i = 2; i < points.length; i += 2) {
                box[0] = Math.min(box[0], points[i]);
                box[1] = Math.min(box[1], points[i + 1]);
                box[2] = Math.max(box[2], points[i]);
                box[3] = Math.max(box[3], points[i + 1]);
            }
            return new Polygon(
                    new double[] {box[0], box[1], box[2], box[1], box[2], box[3], box[0], box[3]});
        }

        List<AnnotatedObject> objects() {
            Map<Object, List<Shape>> groups = new LinkedHashMap<>();
            for (Shape shape : shapes) {
                Object key =
                        shape.group.isEmpty() ? new Object() : List.of(shape.label, shape.group);
                groups.computeIfAbsent(key, same -> new ArrayList<>()).add(shape);
            }
            return groups.values().stream().map(Content::object).toList();
        }

        private static AnnotatedObject object(List<Shape> parts) {
            List<Polygon> polygons = parts.stream().map(Shape::outline).toList();
            String label = parts.get(0).label;
            boolean crowd = parts.get(0).crowd;
            return parts.stream().allMatch(Shape::box)
                    ? AnnotatedObject.boxed(label, Polygon.enclosing(polygons), crowd)
                    : AnnotatedObject.outlined(label, polygons, crowd);
        }

        private AnnotationFormatException fault(String fault) {
            return new AnnotationFormatException(
                    file, "shapes[" + (shapes.size() + leftOut) + "] " + fault);
        }
    }
}
