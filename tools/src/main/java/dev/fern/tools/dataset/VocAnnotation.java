package dev.fern.tools.dataset;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * One XML file of Pascal VOC: an image and its objects.
 *
 * @param fileName the image's file name, without a folder
 * @param width of the image in pixels, empty where the file does not give it or gives 0
 * @param height of the image in pixels, empty where the file does not give it or gives 0
 * @param objects in the order of the file
 */
record VocAnnotation(
        String fileName, OptionalInt width, OptionalInt height, List<VocObject> objects) {

    private static final int MAX_BYTES = 8 << 20;
    private static final int MAX_DEPTH = 32;

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
     * @throws VocFormatException if it is too large, not UTF-8, not XML, declares a document type
     *     (which could make entities of files or of gigabytes), or lacks a field or holds one that
     *     is not a number
     */
    static VocAnnotation read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new VocFormatException(file, "larger than " + MAX_BYTES + " bytes");
        }
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        // Decoded here, since Java's parser writes a line of its own to standard error if it fails.
        try {
            String text = Files.readString(file).replaceFirst("^\uFEFF", "");
            return new Parser(file, factory.createXMLStreamReader(new StringReader(text))).parse();
        } catch (CharacterCodingException e) {
            throw new VocFormatException(file, "not UTF-8 text", e);
        } catch (XMLStreamException e) {
            int line = e.getLocation() == null ? -1 : e.getLocation().getLineNumber();
            throw new VocFormatException(
                    file,
                    "line "
                            + line
                            + ": not well-formed XML ("
                            + e.getMessage().replaceFirst("(?s)^.*Message: ", "")
                            + ")",
                    e);
        }
    }

    private static final class Parser {

        private final Path file;
        private final XMLStreamReader xml;
        private final Map<String, String> image = new HashMap<>();
        private final Map<String, String> object = new HashMap<>();
        private final List<VocObject> objects = new ArrayList<>();

        Parser(Path file, XMLStreamReader xml) {
            this.file = file;
            this.xml = xml;
        }

        VocAnnotation parse() throws XMLStreamException, VocFormatException {
            Deque<String> elements = new ArrayDeque<>();
            while (xml.hasNext()) {
                int event = xml.next();
                if (event == XMLStreamConstants.DTD) {
                    throw new VocFormatException(
                            file, "has a document type declaration (<!DOCTYPE>), which is refused");
                } else if (event == XMLStreamConstants.START_ELEMENT) {
                    elements.addLast(xml.getLocalName());
                    if (elements.size() > MAX_DEPTH) {
                        throw new VocFormatException(
                                file, "elements are nested deeper than " + MAX_DEPTH);
                    }
                    if (take(String.join("/", elements))) {
                        elements.removeLast();
                    }
                } else if (event == XMLStreamConstants.END_ELEMENT) {
                    if (String.join("/", elements).equals(OBJECT)) {
                        objects.add(object());
                        object.clear();
                    }
                    elements.removeLast();
                }
            }
            String fileName = image.getOrDefault("annotation/filename", "");
            if (fileName.isEmpty()) {
                throw new VocFormatException(
                        file, "annotation/filename is missing; not a Pascal VOC file?");
            }
            return new VocAnnotation(
                    fileName,
                    size("annotation/size/width"),
                    size("annotation/size/height"),
                    List.copyOf(objects));
        }

        /**
         * Keeps the text of an element that is of use and moves past its end; returns whether it
         * did.
         */
        private boolean take(String path) throws XMLStreamException {
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

        private VocObject object() throws VocFormatException {
            if (object.getOrDefault("name", "").isEmpty()) {
                throw fault("name", "is missing");
            }
            return new VocObject(
                    object.get("name"),
                    object.getOrDefault("difficult", "0").equals("1"),
                    coordinate("bndbox/xmin"),
                    coordinate("bndbox/ymin"),
                    coordinate("bndbox/xmax"),
                    coordinate("bndbox/ymax"));
        }

        private double coordinate(String field) throws VocFormatException {
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

        private OptionalInt size(String field) throws VocFormatException {
            String text = image.getOrDefault(field, "0");
            try {
                int pixels = Integer.parseInt(text);
                if (pixels >= 0) {
                    return pixels == 0 ? OptionalInt.empty() : OptionalInt.of(pixels);
                }
            } catch (NumberFormatException e) {
                // The exception below says so.
            }
            throw new VocFormatException(
                    file, field + " is \"" + text + "\", not a number of pixels");
        }

        private VocFormatException fault(String field, String fault) {
            return new VocFormatException(
                    file, "object " + (objects.size() + 1) + ": " + field + " " + fault);
        }
    }
}
