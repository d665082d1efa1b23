package dev.fern.tools.format;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.Decimals;
import dev.fern.tools.annotation.ImageFiles;
import dev.fern.tools.annotation.XmlText;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import javax.xml.stream.XMLStreamException;

/**
 * Writes a folder of Pascal VOC XML files, one per image. Coordinates are whole where the boxes
 * are, and have six decimals otherwise. Crowds are objects marked difficult.
 *
 * @param coordinates how corner coordinates are meant
 */
public record VocWriter(VocReader.Coordinates coordinates) implements AnnotationWriter {

    @Override
    public boolean writesFolder() {
        return true;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException, BadInputException {
        ImageFiles.write(dataset, output, "", ".xml", this::image, folder -> {});
    }

    private void image(AnnotatedImage image, Writer text) throws IOException {
        ImageSize size = image.size().orElseThrow();
        try (XmlText xml = new XmlText(text)) {
            xml.start("annotation").element("folder", "");
            xml.element("filename", image.fileName());
            xml.start("size").element("width", Integer.toString(size.width()));
            xml.element("height", Integer.toString(size.height())).element("depth", "3").end();
            xml.element("segmented", "0");
            for (AnnotatedObject object : image.objects()) {
                object(object, xml);
            }
            xml.end();
        } catch (XMLStreamException e) {
            throw new IOException(image.fileName() + ": can't be written as XML", e);
        }
    }

    private void object(AnnotatedObject object, XmlText xml) throws XMLStreamException {
        int first = coordinates == VocReader.Coordinates.PIXELS ? 1 : 0;
        Box box = object.box();
        xml.start("object").element("name", object.category()).element("pose", "Unspecified");
        xml.element("truncated", "0").element("difficult", object.crowd() ? "1" : "0");
        xml.start("bndbox").element("xmin", Decimals.text(box.x() + first, 6));
        xml.element("ymin", Decimals.text(box.y() + first, 6));
        xml.element("xmax", Decimals.text(box.x2(), 6));
        xml.element("ymax", Decimals.text(box.y2(), 6)).end().end();
    }
}
