package dev.fern.tools.annotation;

import java.io.Writer;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes XML, indented, with an element per line. */
public final class XmlText implements AutoCloseable {

    private final XMLStreamWriter xml;
    private int depth;
    private boolean holdsElements;

    /**
     * Begins a document.
     *
     * @param text what is written to; stays open
     * @throws XMLStreamException if that fails
     */
    public XmlText(Writer text) throws XMLStreamException {
        xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
        xml.writeStartDocument("utf-8", "1.0");
    }

    /**
     * Starts an element.
     *
     * @param name of the element
     * @param attributes their names and values in turn
     * @return this
     * @throws XMLStreamException if it can't be written
     */
    public XmlText start(String name, String... attributes) throws XMLStreamException {
        line();
        xml.writeStartElement(name);
        for (int i = 0; i < attributes.length; i += 2) {
            xml.writeAttribute(attributes[i], allowed(attributes[i + 1]));
        }
        depth++;
        holdsElements = false;
        return this;
    }

    /**
     * Writes an element that holds nothing but text.
     *
     * @param name of the element
     * @param content the text
     * @param attributes their names and values in turn
     * @return this
     * @throws XMLStreamException if it can't be written
     */
    public XmlText element(String name, String content, String... attributes)
            throws XMLStreamException {
        start(name, attributes);
        xml.writeCharacters(allowed(content));
        return end();
    }

    /**
     * Ends the element that was started last.
     *
     * @return this
     * @throws XMLStreamException if it can't be written
     */
    public XmlText end() throws XMLStreamException {
        depth--;
        if (holdsElements) {
            line();
        }
        xml.writeEndElement();
        holdsElements = true;
        return this;
    }

    private void line() throws XMLStreamException {
        xml.writeCharacters("\n" + "  ".repeat(depth));
    }

    /** Replaces the characters that XML 1.0 can't hold, not even escaped. */
    private static String allowed(String text) {
        return text.replaceAll(
                "[^\\t\\n\\r\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]", "\uFFFD");
    }

    @Override
    public void close() throws XMLStreamException {
        xml.writeCharacters("\n");
        xml.writeEndDocument();
        xml.flush();
        xml.close();
    }
}
