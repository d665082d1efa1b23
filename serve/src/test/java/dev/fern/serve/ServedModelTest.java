package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ServedModelTest extends ServerFixture {

    private static ServedModel serve(Path directory) throws IOException {
        return ServedModel.load(
                "cells",
                directory,
                from -> {
                    Detector detector = Detector.load(from);
                    return new ServedModel.Batched(detector, new Batcher(detector, 1, 0, n -> {}));
                });
    }

    @Test
    void aDamagedModelIsToldOnceAndTheOldOneGoesOnUntilItIsMended() throws Exception {
        Path directory = folder.resolve("changing");
        writeModel(directory, 1);
        Path parameters = directory.resolve(ModelDirectory.PARAMETER_FILE);
        byte[] whole = Files.readAllBytes(parameters);
        try (ServedModel served = serve(directory)) {
            ServedModel.Loaded first = served.use();
            first.release();
            assertThat(served.refresh()).isFalse();
            Files.delete(parameters);
            assertThatThrownBy(served::refresh)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(
                            ModelDirectory.PARAMETER_FILE + ": not a model directory");
            assertThat(served.refresh()).as("told again").isFalse();
            Files.write(parameters, new byte[100]);
            assertThatThrownBy(served::refresh).isInstanceOf(IOException.class);
            assertThat(served.refresh()).as("told again").isFalse();
            Files.write(parameters, whole);
            assertThat(served.refresh()).as("nothing has changed").isFalse();
            ServedModel.Loaded mended = served.use();
            mended.release();
            assertThat(mended).isSameAs(first);
            writeModel(directory, 2);
            assertThat(served.refresh()).isTrue();
        }
    }

    @Test
    void aFolderThatIsNoModelIsNamed() {
        assertThatThrownBy(() -> serve(folder.resolve("none")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(ModelDirectory.CONFIGURATION_FILE)
                .hasMessageContaining("not a model directory");
    }
}
