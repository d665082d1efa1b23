package dev.fern.tools.format;

import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.XmlWalk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * One XML file of Pascal VOC: an image and its objects.
 *
 * @param fileName the image's file name, relative to the image folder
 * @param width of the image in pixels, empty where the file does not give it or gives 0
 * @param height of the image in pixels, empty where the file does not give it or gives 0
 * @param objects in the order of the file
 */
record VocAnnotation(
        String fileName, OptionalInt width, OptionalInt height, List<VocObject> objects) {

    private static final int MAX_BYTES = 8 << 20;

    private static final Set<String> IMAGE_FIELDS =
            Set.of("annotation/filename", "annotation/size/width", "annotation/size/height");
    private static final String OBJECT = "annotation/object";
    private static final Set<String> OBJECT_FIELDS =
            Set.of("name", "difficult", "bndbox/xmin", "bndbox/ymin", "bndbox/xmax", "bndbox/ymax");

    /** An object with the four numbers of its {@code bndbox}, as they are in the file. */
    record VocObject(
            String name, boolean difficult, double xMin, double yMin, double xMax, double yMax) {}

    /**
     * Reads a file. It skips elements that are of no use here, such as {@code part} and {@code
     * pose}.
     *
     * @throws AnnotationFormatException if it is too large, not text, not XML, declares a document
     *     type, or lacks a field or holds one that is not a number
     */
    static VocAnnotation read(Path file) throws IOException {
        Parser parser = new Parser(file);
        XmlWalk.walk(file, MAX_BYTES, parser);
        return parser.annotation();
    }

    private static final class Parser implements XmlWalk.Visitor {

        private final Path file;
        private final Map<String, String> image = new HashMap<>();
        private final Map<String, String> object = new HashMap<>();
        private final List<VocObject> objects = new ArrayList<>();

        Parser(Path file) {
            this.file = file;
        }

        VocAnnotation annotation() throws AnnotationFormatException {
            String fileName = image.getOrDefault("annotation/filename", "");
            if (fileName.isEmpty()) {
                throw new AnnotationFormatException(
                        file, "annotation/filename is missing; not a Pascal VOC file?");
            }
            return new VocAnnotation(
                    FileNames.relative(file, fileName),
                    size("annotation/size/width"),
                    size("annotation/size/height"),
                    List.copyOf(objects));
        }

        /**
         * Keeps the text of an element that is of use and moves past its end; returns whether it
         * did.
         */
        @Override
        public boolean start(String path, XMLStreamReader xml) throws XMLStreamException {
            if (IMAGE_FIELDS.contains(path)) {
                image.put(path, xml.getElementText().strip());
                return true;
            }
            String field = path.startsWith(OBJECT + "/") ? path.substring(OBJECT.length() + 1) : "";
            if (OBJECT_FIELDS.contains(field)) {
                object.put(field, xml.getElementText().strip());
                return true;
            }
            return false;
        }

        @Override
        public void end(String path) throws AnnotationFormatException {
            if (path.equals(OBJECT)) {
                objects.add(object());
                object.clear();
            }
        }

        private VocObject object() throws AnnotationFormatException {
            if (object.getOrDefault("name", "").isEmpty()) {
                throw fault("name", "is missing");
            }
            return new VocObject(
                    object.get("name"),
                    object.getOrDefault("difficult", "0").matches("1|(?i)true"),
                    coordinate("bndbox/xmin"),
                    coordinate("bndbox/ymin"),
                    coordinate("bndbox/xmax"),
                    coordinate("bndbox/ymax"));
        }

        private double coordinate(String field) throws AnnotationFormatException {
            String text = object.get(field);
            if (text == null) {
                throw fault(field, "is missing");
            }
            try {
                double value = Double.parseDouble(text);
                if (Double.isFinite(value)) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The exception below says so.
            }
            throw fault(field, "is \"" + text + "\", not a number");
        }

        private OptionalInt size(String field) throws AnnotationFormatException {
            String text = image.getOrDefault(field, "0");
            try {
                int pixels = Integer.parseInt(text.replaceFirst("\\.0*$", ""));
                if (pixels >= 0) {
                    return pixels == 0 ? OptionalInt.empty() : OptionalInt.of(pixels);
                }
            } catch (NumberFormatException e) {
                // The exception below says so.
            }
            throw new AnnotationFormatException(
                    file, field + " is \"" + text + "\", not a number of pixels");
        }

        private AnnotationFormatException fault(String field, String fault) {
            return new AnnotationFormatException(
                    file, "object " + (objects.size() + 1) + ": " + field + " " + fault);
        }
    }
}
