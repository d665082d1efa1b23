package dev.fern.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;

/** The files of the page that a browser shows, and the OpenAPI document that programs read. */
final class Page {

    /** What the page may load and call: this server alone, and images that the user chose. */
    static final String CONTENT_SECURITY_POLICY =
            "default-src 'self'; img-src 'self' blob: data:; style-src 'self';"
                    + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /** A file with its type. */
    record Content(String type, byte[] bytes) {}

    private final Map<String, Content> files =
            Map.of(
                    "/", read("index.html", "text/html; charset=utf-8"),
                    "/page.js", read("page.js", "text/javascript; charset=utf-8"),
                    "/page.css", read("page.css", "text/css; charset=utf-8"),
                    "/openapi.json", read("openapi.json", "application/json"));

    private static Content read(String name, String type) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
            return new Content(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the file of a path, if there is one} */
    Optional<Content> at(String path) {
        return Optional.ofNullable(files.get(path));
    }
}
