package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import dev.fern.tools.console.FernProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C during a detection: what was found so far is there, whole. */
@DisabledOnOs(OS.WINDOWS)
class DetectInterruptTest {

    private static final int PICTURES = 3000;

    @TempDir Path folder;

    @Test
    void resultsAreWholeAfterAnInterrupt() throws Exception {
        requireInterrupts();
        TestModel model = new TestModel(folder.resolve("model"));
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        for (int i = 0; i < PICTURES; i++) {
            Files.createLink(pictures.resolve(i + ".jpg"), model.pictures().get(i % 4));
        }
        Path json = folder.resolve("found.json");
        Process process =
                FernProcess.of(
                                List.of(),
                                List.of(
                                        "detect",
                                        "--model=" + model.path(),
                                        "--score-threshold=0",
                                        "--json=" + json,
                                        "--output=" + folder.resolve("out"),
                                        "--no-drawings",
                                        "--format=csv",
                                        pictures.toString()))
                        .redirectError(Redirect.INHERIT)
                        .start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).isNotNull();
            new ProcessBuilder("kill", "-INT", "" + process.pid()).start().waitFor();
            long more = lines.lines().count();
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
            JsonArray found = TestModel.read(json);
            assertThat(found.size()).isEqualTo((int) more + 1).isLessThan(100 * PICTURES);
            assertThat(Files.readAllLines(folder.resolve("out/detections.csv")))
                    .hasSize(found.size() + 1);
        } finally {
            process.destroyForcibly();
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("model", "pictures", "out", "found.json");
        }
    }

    /** Skips the test where a shell without job control started it in the background. */
    private static void requireInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            for (String line : Files.readAllLines(status)) {
                boolean ignored =
                        line.startsWith("SigIgn:")
                                && (Long.parseUnsignedLong(line.substring(8).strip(), 16) & 2) != 0;
                Assumptions.assumeFalse(ignored, "skipped: SIGINT is ignored here");
            }
        }
    }
}
