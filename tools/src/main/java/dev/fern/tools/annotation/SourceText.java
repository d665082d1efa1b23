package dev.fern.tools.annotation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads text files from elsewhere: UTF-8, or UTF-16 with a byte order mark. */
public final class SourceText {

    private static final Pattern XML_ENCODING =
            Pattern.compile("^<\\?xml[^>]*encoding\\s*=\\s*[\"']([A-Za-z0-9._-]+)[\"']");

    private static final int XML_DECLARATION = 200;

    private SourceText() {}

    /**
     * Reads a file without its byte order mark.
     *
     * @param file the file
     * @param mostBytes the largest size that is read
     * @return its text
     * @throws AnnotationFormatException if it is larger, or not text of its encoding
     * @throws IOException if it can't be read
     */
    public static String read(Path file, int mostBytes) throws IOException {
        return decode(file, bytes(file, mostBytes), StandardCharsets.UTF_8);
    }

    /**
     * Reads an XML file, in the encoding that it declares.
     *
     * @param file the file
     * @param mostBytes the largest size that is read
     * @return its text
     * @throws AnnotationFormatException if it is larger, or not text of its encoding
     * @throws IOException if it can't be read
     */
    public static String readXml(Path file, int mostBytes) throws IOException {
        byte[] bytes = bytes(file, mostBytes);
        String start =
                new String(
                        bytes,
                        0,
                        Math.min(bytes.length, XML_DECLARATION),
                        StandardCharsets.ISO_8859_1);
        Charset charset = StandardCharsets.UTF_8;
        Matcher declared = XML_ENCODING.matcher(start);
        if (declared.find()) {
            try {
                charset = Charset.forName(declared.group(1));
            } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
                throw new AnnotationFormatException(
                        file, "declares an encoding that is not known: " + declared.group(1), e);
            }
        }
        return decode(file, bytes, charset);
    }

    private static byte[] bytes(Path file, int mostBytes) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isRegularFile(file)) {
            throw new AnnotationFormatException(
                    file, Files.isDirectory(file) ? "is a folder, not a file" : "is not a file");
        }
        if (Files.size(file) > mostBytes) {
            throw new AnnotationFormatException(file, "larger than " + mostBytes + " bytes");
        }
        return Files.readAllBytes(file);
    }

    private static String decode(Path file, byte[] bytes, Charset otherwise)
            throws AnnotationFormatException {
        Charset charset = otherwise;
        int mark = 0;
        if (startsWith(bytes, 0xEF, 0xBB, 0xBF)) {
            charset = StandardCharsets.UTF_8;
            mark = 3;
        } else if (startsWith(bytes, 0xFF, 0xFE)) {
            charset = StandardCharsets.UTF_16LE;
            mark = 2;
        } else if (startsWith(bytes, 0xFE, 0xFF)) {
            charset = StandardCharsets.UTF_16BE;
            mark = 2;
        }
        try {
            return charset.newDecoder()
                    .decode(ByteBuffer.wrap(bytes, mark, bytes.length - mark))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new AnnotationFormatException(file, "not " + charset + " text", e);
        }
    }

    private static boolean startsWith(byte[] bytes, int... start) {
        if (bytes.length < start.length) {
            return false;
        }
        for (int i = 0; i < start.length; i++) {
            if ((bytes[i] & 0xff) != start[i]) {
                return false;
            }
        }
        return true;
    }
}
