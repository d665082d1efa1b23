package dev.fern.tools.format;

import com.google.gson.stream.JsonReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Opens COCO files record by record, with all fields that they have. */
public final class CocoJson {

    private static final int BUFFER = 1 << 16;

    private CocoJson() {}

    /**
     * Opens a file.
     *
     * @param file JSON, plain or gzip, in UTF-8 or, with a byte order mark, UTF-16
     * @return stands at the start of the document; the caller closes it
     * @throws IOException if the file can't be read
     */
    public static JsonReader open(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        try {
            raw.mark(2);
            boolean compressed = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            InputStream text =
                    compressed
                            ? new BufferedInputStream(new GZIPInputStream(raw, BUFFER), BUFFER)
                            : raw;
            return new JsonReader(new InputStreamReader(text, charset(text).newDecoder()));
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    /** Returns the encoding that a byte order mark tells, and passes over the mark. */
    private static Charset charset(InputStream text) throws IOException {
        text.mark(3);
        int first = text.read();
        int second = text.read();
        if (first == 0xFF && second == 0xFE) {
            return StandardCharsets.UTF_16LE;
        }
        if (first == 0xFE && second == 0xFF) {
            return StandardCharsets.UTF_16BE;
        }
        if (first != 0xEF || second != 0xBB || text.read() != 0xBF) {
            text.reset();
        }
        return StandardCharsets.UTF_8;
    }
}
