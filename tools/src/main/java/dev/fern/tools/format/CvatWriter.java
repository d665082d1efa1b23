package dev.fern.tools.format;

import dev.fern.cocoeval.AtomicFile;
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
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.StringJoiner;
import javax.xml.stream.XMLStreamException;

/**
 * Writes "CVAT for images 1.1", one XML file. Coordinates have six decimals at most. An object of
 * one polygon that gives its box becomes a polygon, every other a box. Crowds have the attribute
 * {@code is_crowd}.
 */
public final class CvatWriter implements AnnotationWriter {

    private static final int DIGITS = 6;

    @Override
    public boolean writesFolder() {
        return false;
    }

    @Override
    public void write(AnnotatedDataset dataset, Path output) throws IOException, BadInputException {
        ImageFiles.requireSizes(dataset);
        AtomicFile.write(
                output,
                out -> {
                    Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
                    try (XmlText xml = new XmlText(text)) {
                        write(dataset, xml);
                    } catch (XMLStreamException e) {
                        throw new IOException(output + ": can't be written as XML", e);
                    }
                    text.flush();
                });
    }

    private static void write(AnnotatedDataset dataset, XmlText xml) throws XMLStreamException {
        xml.start("annotations").element("version", "1.1").start("meta").start("task");
        xml.element("size", Integer.toString(dataset.images().size()));
        xml.element("mode", "annotation").start("labels");
        for (String name : dataset.categories()) {
            xml.start("label").element("name", name).start("attributes").start("attribute");
            xml.element("name", CvatReader.CROWD).element("mutable", "False");
            xml.element("input_type", "checkbox").element("default_value", "false");
            xml.element("values", "false").end().end().end();
        }
        xml.end().end().end();
        int id = 0;
        for (AnnotatedImage image : dataset.images()) {
            ImageSize size = image.size().orElseThrow();
            xml.start(
                    "image",
                    "id",
                    Integer.toString(id++),
                    "name",
                    image.fileName(),
                    "width",
                    Integer.toString(size.width()),
                    "height",
                    Integer.toString(size.height()));
            for (AnnotatedObject object : image.objects()) {
                object(object, xml);
            }
            xml.end();
        }
        xml.end();
    }

    private static void object(AnnotatedObject object, XmlText xml) throws XMLStreamException {
        if (object.outline().size() == 1 && object.outlineGivesBox()) {
            double[] points = object.outline().get(0).points();
            StringJoiner text = new StringJoiner(";");
            for (int i = 0; i < points.length; i += 2) {
                text.add(
                        Decimals.text(points[i], DIGITS)
                                + ","
                                + Decimals.text(points[i + 1], DIGITS));
            }
            xml.start(
                    "polygon",
                    "label",
                    object.category(),
                    "occluded",
                    "0",
                    "points",
                    text.toString(),
                    "z_order",
                    "0");
        } else {
            Box box = object.box();
            xml.start(
                    "box",
                    "label",
                    object.category(),
                    "occluded",
                    "0",
                    "xtl",
                    Decimals.text(box.x(), DIGITS),
                    "ytl",
                    Decimals.text(box.y(), DIGITS),
                    "xbr",
                    Decimals.text(box.x2(), DIGITS),
                    "ybr",
                    Decimals.text(box.y2(), DIGITS),
                    "z_order",
                    "0");
        }
        if (object.crowd()) {
            xml.element("attribute", "true", "name", CvatReader.CROWD);
        }
        xml.end();
    }
}
