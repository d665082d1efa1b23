package dev.fern.tools.report;

import java.io.IOException;
import java.io.StringReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** The drawings (SVG) of a page. */
public final class Drawings {

    private static final Pattern DRAWING = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL);

    private Drawings() {}

    /**
     * Returns how many a page has.
     *
     * @throws SAXException if one is not well-formed
     */
    public static int count(String html)
            throws IOException, ParserConfigurationException, SAXException {
        Matcher drawing = DRAWING.matcher(html);
        int count = 0;
        while (drawing.find()) {
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(drawing.group())));
            count++;
        }
        return count;
    }
}
