package dev.fern.tools.format;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.Decimals;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.annotation.SourceText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the label files of YOLO. A line holds the number of a category and the box's centre, width
 * and height, or the corners of a polygon, all as fractions of the image's size.
 *
 * @param names of the categories by number; an empty list takes any number for its own name
 * @param hasKeypoints whether keypoints follow the box
 */
record YoloLabels(List<String> names, boolean hasKeypoints) {

    private static final int MOST_BYTES = 64 << 20;
    private static final int BOX_FIELDS = 5;

    /** Beyond this a number is not a fraction. Boxes that reach over the edge stay below it. */
    private static final double LARGEST_FRACTION = 2;

    /**
     * Reads the labels of an image.
     *
     * @throws AnnotationFormatException naming the line that is not a label
     */
    List<AnnotatedObject> read(Path file, ImageSize size) throws IOException {
        List<AnnotatedObject> objects = new ArrayList<>();
        List<String> lines = SourceText.read(file, MOST_BYTES).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                objects.add(new Line(file, i + 1, lines.get(i).strip().split("\\s+")).object(size));
            }
        }
        return objects;
    }

    private final class Line {

        private final Path file;
        private final int number;
        private final String[] fields;

        Line(Path file, int number, String[] fields) {
            this.file = file;
            this.number = number;
            this.fields = fields;
        }

        AnnotatedObject object(ImageSize size) throws AnnotationFormatException {
            int count = fields.length;
            boolean isPolygon = !hasKeypoints && count >= 7 && count % 2 == 1;
            // A sixth number is the score of a detection, as ultralytics' save_conf writes it.
            if (!isPolygon && count != BOX_FIELDS && count != BOX_FIELDS + 1 && !hasKeypoints
                    || count < BOX_FIELDS) {
                throw fault("has " + count + " numbers; a box has 5, a polygon 7, 9, 11 and so on");
            }
            String category = category();
            if (isPolygon) {
                double[] points = new double[count - 1];
                for (int i = 0; i < points.length; i++) {
                    double side = i % 2 == 0 ? size.width() : size.height();
                    points[i] = Decimals.pixels(fraction(i + 1) * side);
                }
                return AnnotatedObject.outlined(category, List.of(new Polygon(points)), false);
            }
            double width = fraction(3);
            double height = fraction(4);
            if (width < 0 || height < 0) {
                throw fault("has a box of negative size");
            }
            Box box =
                    new Box(
                            Decimals.pixels((fraction(1) - width / 2) * size.width()),
                            Decimals.pixels((fraction(2) - height / 2) * size.height()),
                            Decimals.pixels(width * size.width()),
                            Decimals.pixels(height * size.height()));
            return AnnotatedObject.boxed(category, box, false);
        }

        private String category() throws AnnotationFormatException {
            double index = number(0);
            if (index < 0 || index != Math.rint(index) || index > Integer.MAX_VALUE) {
                throw fault("begins with " + fields[0] + ", not the number of a category");
            }
            if (names.isEmpty()) {
                return Integer.toString((int) index);
            }
            if (index >= names.size()) {
                throw fault(
                        "has category "
                                + (int) index
                                + ", but names has 0 to "
                                + (names.size() - 1));
            }
            return names.get((int) index);
        }

        private double fraction(int field) throws AnnotationFormatException {
            double value = number(field);
            if (Math.abs(value) > LARGEST_FRACTION) {
                throw fault("has " + fields[field] + ", not a fraction of the image's size");
            }
            return value;
        }

        private double number(int field) throws AnnotationFormatException {
            try {
                double value = Double.parseDouble(fields[field]);
                if (Double.isFinite(value)) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The exception below says so.
            }
            throw fault("has \"" + fields[field] + "\", not a number");
        }

        private AnnotationFormatException fault(String fault) {
            return new AnnotationFormatException(file, "line " + number + " " + fault);
        }
    }
}
