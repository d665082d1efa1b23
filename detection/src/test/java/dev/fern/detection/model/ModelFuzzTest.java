package dev.fern.detection.model;

import dev.fern.detection.files.FuzzCase;
import dev.fern.detection.image.CanvasRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A damaged model is loaded or refused; {@code -Dfern.fuzz.models=6000} for more cases. */
class ModelFuzzTest {

    /** The parameters, which are 300 KB, several times over; more than that is in no file. */
    private static final long MOST_BYTES = 32 << 20;

    @Test
    @Timeout(3600)
    void damagedModelsAreLoadedOrRefused() throws IOException {
        try (Detector detector =
                TinyDetectors.lively(
                        TinyDetectors.smallest("frn-eps", new CanvasRule(64, 64)), 2)) {
            FuzzCase.all(
                    "models",
                    100,
                    fuzz -> {
                        Path model = fuzz.folder().resolve("model");
                        ModelDirectory.write(
                                model, detector.configuration(), detector.copyParameters());
                        List<String> files =
                                List.of(
                                        ModelDirectory.CONFIGURATION_FILE,
                                        ModelDirectory.PARAMETER_FILE);
                        fuzz.damage(model.resolve(files.get(fuzz.random().nextInt(2))));
                        fuzz.reads(
                                () -> Detector.load(model, TinyDetectors.ENGINE).close(),
                                IOException.class,
                                MOST_BYTES);
                    });
        }
    }
}
