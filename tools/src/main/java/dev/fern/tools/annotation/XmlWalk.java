package dev.fern.tools.annotation;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Goes through the elements of an XML file. It refuses document types, which could make entities of
 * files or of gigabytes, and deep nesting.
 */
public final class XmlWalk {

    private static final int MAX_DEPTH = 32;

    /** Sees the elements in the order of the file. */
    public interface Visitor {

        /**
         * Sees the start of an element.
         *
         * @param path the names of the elements from the root to this one, with slashes between
         * @param xml stands at the start; may be moved to the end of this element
         * @return whether it was moved to the end, of which {@link #end} is then not told
         * @throws XMLStreamException if the file is not XML
         * @throws IOException if the file can't be used
         */
        boolean start(String path, XMLStreamReader xml) throws XMLStreamException, IOException;

        /**
         * Sees the end of an element.
         *
         * @param path the names of the elements from the root to this one, with slashes between
         * @throws IOException if the file can't be used
         */
        void end(String path) throws IOException;
    }

    private XmlWalk() {}

    /**
     * Walks through a file.
     *
     * @param file the file
     * @param mostBytes the largest size that is read
     * @param visitor sees the elements
     * @throws AnnotationFormatException if the file is larger, not text, not XML, nests too deeply
     *     or declares a document type
     * @throws IOException if the file can't be read, or what the visitor throws
     */
    public static void walk(Path file, int mostBytes, Visitor visitor) throws IOException {
        // Decoded here, since Java's parser writes a line of its own to standard error if it fails.
        String text = SourceText.readXml(file, mostBytes);
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            walk(file, factory.createXMLStreamReader(new StringReader(text)), visitor);
        } catch (XMLStreamException e) {
            int line = e.getLocation() == null ? -1 : e.getLocation().getLineNumber();
            throw new AnnotationFormatException(
                    file,
                    "line "
                            + line
                            + ": not well-formed XML ("
                            + e.getMessage().replaceFirst("(?s)^.*Message: ", "")
                            + ")",
                    e);
        }
    }

    private static void walk(Path file, XMLStreamReader xml, Visitor visitor)
            throws XMLStreamException, IOException {
        Deque<String> elements = new ArrayDeque<>();
        while (xml.hasNext()) {
            int event = xml.next();
            if (event == XMLStreamConstants.DTD) {
                throw new AnnotationFormatException(
                        file, "has a document type declaration (<!DOCTYPE>), which is refused");
            } else if (event == XMLStreamConstants.START_ELEMENT) {
                elements.addLast(xml.getLocalName());
                if (elements.size() > MAX_DEPTH) {
                    throw new AnnotationFormatException(
                            file, "elements are nested deeper than " + MAX_DEPTH);
                }
                if (visitor.start(String.join("/", elements), xml)) {
                    elements.removeLast();
                }
            } else if (event == XMLStreamConstants.END_ELEMENT) {
                visitor.end(String.join("/", elements));
                elements.removeLast();
            }
        }
    }
}
