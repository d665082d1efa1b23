package dev.fern.tools.format;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.Decimals;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.annotation.XmlWalk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads "CVAT for images 1.1", one XML file. Boxes, polygons, ellipses and masks become objects;
 * those that are turned have the upright box around them. Other shapes are left out.
 *
 * @param source the XML file, or the folder of an export, which holds {@code annotations.xml}
 * @param images the image folder, to find the files that names with other folders mean
 */
public record CvatReader(Path source, Optional<ImageHeaders> images) implements AnnotationReader {

    /** The attribute of a shape that is a crowd, as CVAT's own COCO import names it. */
    static final String CROWD = "is_crowd";

    private static final int MOST_BYTES = 1 << 30;
    private static final String IMAGE = "annotations/image";
    private static final Set<String> SHAPES = Set.of("box", "polygon", "ellipse", "mask");
    private static final Set<String> LEFT_OUT =
            Set.of("polyline", "points", "cuboid", "skeleton", "tag");
    private static final Pattern LABEL_NAME =
            Pattern.compile("annotations/meta/\\w+/labels/label/name");

    @Override
    public AnnotatedDataset read() throws IOException {
        Path file = Files.isDirectory(source) ? source.resolve("annotations.xml") : source;
        Elements elements = new Elements(file);
        XmlWalk.walk(file, MOST_BYTES, elements);
        if (elements.images.isEmpty()) {
            throw new AnnotationFormatException(
                    file,
                    elements.hasTracks
                            ? "is a file for video; export it as \"CVAT for images 1.1\""
                            : "has no images; not a file of \"CVAT for images 1.1\"?");
        }
        List<String> notes = new ArrayList<>();
        if (elements.leftOut > 0) {
            notes.add(elements.leftOut + " points, lines, cuboids, skeletons and tags left out");
        }
        return AnnotatedDataset.of(List.copyOf(elements.labels), elements.images, notes);
    }

    private final class Elements implements XmlWalk.Visitor {

        private final Path file;
        private final Set<String> labels = new LinkedHashSet<>();
        private final List<AnnotatedImage> images = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        private final List<AnnotatedObject> objects = new ArrayList<>();
        private String name;
        private Optional<ImageSize> size = Optional.empty();
        private AnnotatedObject shape;
        private int leftOut;
        private boolean hasTracks;

        Elements(Path file) {
            this.file = file;
        }

        @Override
        public boolean start(String path, XMLStreamReader xml)
                throws XMLStreamException, IOException {
            String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
            if (path.equals(IMAGE)) {
                image(xml);
            } else if (parent.equals(IMAGE)) {
                String element = xml.getLocalName();
                leftOut += LEFT_OUT.contains(element) ? 1 : 0;
                shape = SHAPES.contains(element) ? object(element, xml) : null;
            } else if (shape != null && path.endsWith("/attribute")) {
                boolean marksCrowd = CROWD.equals(xml.getAttributeValue(null, "name"));
                if (marksCrowd && xml.getElementText().strip().equals("true")) {
                    shape =
                            new AnnotatedObject(
                                    shape.category(),
                                    shape.box(),
                                    shape.area(),
                                    true,
                                    shape.outline());
                }
                return marksCrowd;
            } else if (LABEL_NAME.matcher(path).matches()) {
                labels.add(xml.getElementText().strip());
                return true;
            } else {
                hasTracks |= path.equals("annotations/track");
            }
            return false;
        }

        @Override
        public void end(String path) throws IOException {
            if (path.equals(IMAGE)) {
                images.add(new AnnotatedImage(name, size, objects));
                objects.clear();
            } else if (shape != null && path.lastIndexOf('/') == IMAGE.length()) {
                objects.add(shape);
                shape = null;
            }
        }

        private void image(XMLStreamReader xml) throws IOException {
            String given = xml.getAttributeValue(null, "name");
            if (given == null) {
                throw fault(xml, "an image has no name");
            }
            name = FileNames.relative(file, given);
            if (CvatReader.this.images.isPresent()) {
                name = CvatReader.this.images.get().locate(name);
            }
            if (!names.add(name)) {
                throw fault(xml, "image " + name + " comes twice");
            }
            double width = optional(xml, "width", 0);
            double height = optional(xml, "height", 0);
            size =
                    width >= 1 && height >= 1
                            ? Optional.of(new ImageSize((int) width, (int) height))
                            : Optional.empty();
        }

        private AnnotatedObject object(String element, XMLStreamReader xml) throws IOException {
            String label = xml.getAttributeValue(null, "label");
            if (label == null || label.isEmpty()) {
                throw fault(xml, "a " + element + " of " + name + " has no label");
            }
            double turn = Math.toRadians(optional(xml, "rotation", 0));
            return switch (element) {
                case "polygon" ->
                        AnnotatedObject.outlined(label, List.of(new Polygon(points(xml))), false);
                case "ellipse" -> AnnotatedObject.boxed(label, aroundEllipse(xml, turn), false);
                case "mask" ->
                        AnnotatedObject.boxed(
                                label,
                                new Box(
                                        number(xml, "left"),
                                        number(xml, "top"),
                                        number(xml, "width"),
                                        number(xml, "height")),
                                false);
                default -> box(label, turn, xml);
            };
        }

        private AnnotatedObject box(String label, double turn, XMLStreamReader xml)
                throws IOException {
            double left = number(xml, "xtl");
            double top = number(xml, "ytl");
            double right = number(xml, "xbr");
            double bottom = number(xml, "ybr");
            if (right < left || bottom < top) {
                throw fault(xml, "a box of " + name + " has its corners swapped");
            }
            if (turn == 0) {
                return AnnotatedObject.boxed(
                        label,
                        new Box(
                                left,
                                top,
                                Decimals.pixels(right - left),
                                Decimals.pixels(bottom - top)),
                        false);
            }
            double x = (left + right) / 2;
            double y = (top + bottom) / 2;
            double[] corners = {left, top, right, top, right, bottom, left, bottom};
            for (int i = 0; i < corners.length; i += 2) {
                double dx = corners[i] - x;
                double dy = corners[i + 1] - y;
                corners[i] = Decimals.pixels(x + dx * Math.cos(turn) - dy * Math.sin(turn));
                corners[i + 1] = Decimals.pixels(y + dx * Math.sin(turn) + dy * Math.cos(turn));
            }
            return AnnotatedObject.outlined(label, List.of(new Polygon(corners)), false);
        }

        private Box aroundEllipse(XMLStreamReader xml, double turn) throws IOException {
            double rx = number(xml, "rx");
            double ry = number(xml, "ry");
            double halfWidth = Math.hypot(rx * Math.cos(turn), ry * Math.sin(turn));
            double halfHeight = Math.hypot(rx * Math.sin(turn), ry * Math.cos(turn));
            return new Box(
                    Decimals.pixels(number(xml, "cx") - halfWidth),
                    Decimals.pixels(number(xml, "cy") - halfHeight),
                    Decimals.pixels(2 * halfWidth),
                    Decimals.pixels(2 * halfHeight));
        }

        private double[] points(XMLStreamReader xml) throws IOException {
            String text = xml.getAttributeValue(null, "points");
            String[] numbers = text == null ? new String[0] : text.strip().split("[;,]");
            if (numbers.length < 6 || numbers.length % 2 != 0) {
                throw fault(xml, "a polygon of " + name + " has fewer than three points");
            }
            double[] points = new double[numbers.length];
            for (int i = 0; i < points.length; i++) {
                points[i] = number(xml, "points", numbers[i]);
            }
            return points;
        }

        private double optional(XMLStreamReader xml, String attribute, double otherwise)
                throws IOException {
            String text = xml.getAttributeValue(null, attribute);
            return text == null ? otherwise : number(xml, attribute, text);
        }

        private double number(XMLStreamReader xml, String attribute) throws IOException {
            return number(xml, attribute, xml.getAttributeValue(null, attribute));
        }

        private double number(XMLStreamReader xml, String attribute, String text)
                throws IOException {
            if (text == null) {
                throw fault(xml, "a " + xml.getLocalName() + " has no " + attribute);
            }
            try {
                double value = Double.parseDouble(text);
                if (Double.isFinite(value)) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The exception below says so.
            }
            throw fault(xml, attribute + " is \"" + text + "\", not a number");
        }

        private AnnotationFormatException fault(XMLStreamReader xml, String fault) {
            return new AnnotationFormatException(
                    file, "line " + xml.getLocation().getLineNumber() + ": " + fault);
        }
    }
}
