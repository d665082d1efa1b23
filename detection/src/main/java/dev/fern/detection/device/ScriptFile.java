package dev.fern.detection.device;

import dev.fern.backbone.host.TorchScript;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The functions that stand in a resource of this package. */
final class ScriptFile {

    private ScriptFile() {}

    /**
     * {@return the functions of a resource}
     *
     * @param name such as {@code training.torchscript}
     */
    static TorchScript load(String name) {
        try (InputStream source = ScriptFile.class.getResourceAsStream(name)) {
            return TorchScript.of(new String(source.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
