package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsFileTest {

    @TempDir Path folder;

    @Test
    void aSettingThatStandsTwiceIsRefused() throws IOException {
        assertRefused(
                "{\"epochs\": 1, \"seed\": 2, \"epochs\": 100}",
                "'epochs' stands twice; remove one of the two");
    }

    @Test
    void theLineOfAFaultIsNamed() throws IOException {
        assertRefused("{\n  \"epochs\": 1\n  \"seed\": 2\n}", "not JSON: line 3, column 4");
    }

    private void assertRefused(String settings, String complaint) throws IOException {
        Path file = folder.resolve("recipe.json");
        Files.writeString(file, settings);
        // The images and annotations are not looked at before the settings are known.
        CommandRun run =
                CommandRun.of(
                        "train",
                        "--train-annotations=a.json",
                        "--train-images=.",
                        "--val-annotations=a.json",
                        "--val-images=.",
                        "--output=" + folder.resolve("run"),
                        "--config=" + file);

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).containsExactly("fern: " + file + ": " + complaint);
    }
}
