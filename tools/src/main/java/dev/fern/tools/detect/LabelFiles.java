package dev.fern.tools.detect;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes one file of labels per image, also for images without objects. */
final class LabelFiles implements DetectionSink {

    /** Makes the content of a file of labels. */
    interface Format {

        /** Returns the extension of the files, with its dot. */
        String extension();

        /** Returns the content of the file about an image. */
        String content(DetectedImage image);
    }

    private final Path folder;
    private final Format format;
    private final Map<Path, String> others;

    /**
     * Prepares to write.
     *
     * @param folder made with the first file; files lie in it as the images do in theirs
     * @param format of the files
     * @param others files with their content that belong to the labels, written at the end
     */
    LabelFiles(Path folder, Format format, Map<Path, String> others) {
        this.folder = folder;
        this.format = format;
        this.others = others;
    }

    @Override
    public void accept(DetectedImage image) throws IOException {
        Path file = folder.resolve(image.stem() + format.extension());
        Files.createDirectories(file.getParent());
        AtomicFile.write(file, format.content(image).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        for (Map.Entry<Path, String> other : others.entrySet()) {
            Files.createDirectories(other.getKey().toAbsolutePath().getParent());
            AtomicFile.write(other.getKey(), other.getValue().getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * YOLO: class, centre, width and height as parts of the image, and the score. A class is the
     * position of its category in the model.
     */
    static final class Yolo implements Format {

        /** Returns the names of the classes, one per line, in the order of their numbers. */
        static String classes(List<CocoCategory> categories) {
            return categories.stream()
                    .map(category -> category.name().replaceAll("\\R", " ") + "\n")
                    .collect(Collectors.joining());
        }

        @Override
        public String extension() {
            return ".txt";
        }

        @Override
        public String content(DetectedImage image) {
            double width = image.size().width();
            double height = image.size().height();
            return image.detections().stream()
                    .map(
                            d ->
                                    String.format(
                                            Locale.ROOT,
                                            "%d %.6f %.6f %.6f %.6f %.6f\n",
                                            d.category(),
                                            ((double) d.x1() + d.x2()) / 2 / width,
                                            ((double) d.y1() + d.y2()) / 2 / height,
                                            ((double) d.x2() - d.x1()) / width,
                                            ((double) d.y2() - d.y1()) / height,
                                            d.score()))
                    .collect(Collectors.joining());
        }
    }

    /** Pascal VOC: the edges in pixels from 0, and the score as {@code confidence}. */
    record Voc(List<CocoCategory> categories) implements Format {

        @Override
        public String extension() {
            return ".xml";
        }

        @Override
        public String content(DetectedImage image) {
            StringWriter text = new StringWriter();
            try {
                XMLStreamWriter xml =
                        XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
                xml.writeStartElement("annotation");
                element(xml, "filename", image.name());
                xml.writeCharacters("\n");
                xml.writeStartElement("size");
                element(xml, "width", image.size().width());
                element(xml, "height", image.size().height());
                element(xml, "depth", 3);
                xml.writeCharacters("\n");
                xml.writeEndElement();
                for (Detection detection : image.detections()) {
                    write(xml, detection);
                }
                xml.writeCharacters("\n");
                xml.writeEndElement();
                xml.close();
            } catch (XMLStreamException e) {
                throw new IllegalStateException(e); // a StringWriter does not fail
            }
            return text + "\n";
        }

        private void write(XMLStreamWriter xml, Detection detection) throws XMLStreamException {
            xml.writeCharacters("\n");
            xml.writeStartElement("object");
            element(xml, "name", categories.get(detection.category()).name());
            element(xml, "difficult", 0);
            element(xml, "confidence", detection.score());
            xml.writeCharacters("\n");
            xml.writeStartElement("bndbox");
            element(xml, "xmin", detection.x1());
            element(xml, "ymin", detection.y1());
            element(xml, "xmax", detection.x2());
            element(xml, "ymax", detection.y2());
            xml.writeCharacters("\n");
            xml.writeEndElement();
            xml.writeCharacters("\n");
            xml.writeEndElement();
        }

        private static void element(XMLStreamWriter xml, String name, Object value)
                throws XMLStreamException {
            xml.writeCharacters("\n");
            xml.writeStartElement(name);
            // XML 1.0 has no way to write most control characters.
            xml.writeCharacters(value.toString().replaceAll("[\\p{Cntrl}&&[^\t\n\r]]", "\ufffd"));
            xml.writeEndElement();
        }
    }
}
