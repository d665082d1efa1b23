package dev.fern.tools.format;

import com.google.gson.stream.JsonReader;
import dev.fern.cocoeval.json.CompressedInput;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Opens COCO files record by record, with all fields that they have. */
public final class CocoJson {

    private CocoJson() {}

    /**
     * Opens a file.
     *
     * @param file JSON, plain or gzip, in UTF-8, UTF-16 or UTF-32
     * @return stands at the start of the document; the caller closes it
     * @throws IOException if the file can't be read
     */
    public static JsonReader open(Path file) throws IOException {
        return new JsonReader(
                new InputStreamReader(
                        CompressedInput.utf8(file), StandardCharsets.UTF_8.newDecoder()));
    }
}
