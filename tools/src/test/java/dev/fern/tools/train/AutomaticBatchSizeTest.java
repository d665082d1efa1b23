package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.tools.console.BadInputException;
import dev.fern.tools.train.AutomaticBatchSize.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutomaticBatchSizeTest {

    /** A process that takes 300 MiB and 100 MiB more per image. */
    private static final Measurement LINEAR = size -> 300 + 100 * size;

    @ParameterizedTest
    @CsvSource({
        // 8 images take 1100 MiB; 16 would take 1900.
        "64, 1500, 8, 4",
        "64, 1900, 16, 5",
        "64, 1899, 8, 4",
        // No more than there are images.
        "5, 1500, 4, 3",
        "1, 1500, 1, 1",
        "64, 400, 1, 2",
    })
    void theLargestPowerOfTwoThatFitsIsTakenAndNoneIsTriedThatCanNotFit(
            int most, double budget, int expected, int tries) throws Exception {
        List<String> told = new ArrayList<>();
        assertThat(AutomaticBatchSize.largest(most, budget, LINEAR, told::add)).isEqualTo(expected);
        assertThat(told).hasSize(tries);
    }

    @Test
    void aStepThatFailsDoesNotFit() throws Exception {
        Measurement failing =
                size -> {
                    if (size > 2) {
                        throw new IOException("killed");
                    }
                    return 100;
                };
        assertThat(AutomaticBatchSize.largest(64, 1e6, failing, told -> {})).isEqualTo(2);
    }

    @Test
    void aStepWithOneImageThatFailsIsNotTakenForWantOfMemoryAlone() {
        Measurement failing =
                size -> {
                    throw new IOException("no such engine");
                };
        assertThatThrownBy(() -> AutomaticBatchSize.largest(64, 1e6, failing, told -> {}))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("a single image fails (no such engine)");
    }

    @Test
    void tooLittleMemoryForOneImageIsRefused() {
        assertThatThrownBy(() -> AutomaticBatchSize.largest(64, 399, LINEAR, told -> {}))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("--batch-size auto")
                .hasMessageContaining("--max-size");
    }

    @Test
    void theMemoryThatIsLeftIsThatOfTheContainer(@TempDir Path folder) throws IOException {
        Path meminfo =
                Files.writeString(
                        folder.resolve("meminfo"),
                        "MemTotal:       8000000 kB\nMemAvailable:   2097152 kB\n");
        assertThat(AvailableMemory.mebibytes(meminfo, folder)).hasValue(2048);
        Files.writeString(folder.resolve("memory.current"), "104857600\n");
        Files.writeString(folder.resolve("memory.max"), "max\n");
        assertThat(AvailableMemory.mebibytes(meminfo, folder)).hasValue(2048);
        Files.writeString(folder.resolve("memory.max"), "314572800\n");
        assertThat(AvailableMemory.mebibytes(meminfo, folder).getAsDouble())
                .isCloseTo(200, within(1e-9));
        Files.writeString(
                folder.resolve("memory.stat"),
                "anon 1048576\nfile 83886080\ninactive_file 52428800\nactive_file 31457280\n");
        assertThat(AvailableMemory.mebibytes(meminfo, folder).getAsDouble())
                .isCloseTo(250, within(1e-9));
        assertThat(AvailableMemory.mebibytes(folder.resolve("none"), folder)).isEmpty();
    }
}
