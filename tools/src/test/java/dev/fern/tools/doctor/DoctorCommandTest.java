package dev.fern.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.FernProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

    private static final List<String> PARTS =
            List.of(
                    "Java",
                    "processor",
                    "memory",
                    "libraries",
                    "GPU",
                    "OpenCV",
                    "oneDNN",
                    "MXNet",
                    "PyTorch");

    @Test
    void everyPartHasALineAndTheSameFindingInTheFile(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("doctor.json");
        CommandRun run = CommandRun.of("doctor", "--json", json.toString());
        assertThat(run.status()).isZero();
        JsonArray findings =
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .getAsJsonArray("findings");
        assertThat(findings)
                .extracting(f -> f.getAsJsonObject().get("part").getAsString())
                .containsExactlyElementsOf(PARTS);
        for (JsonElement finding : findings) {
            JsonObject fields = finding.getAsJsonObject();
            assertThat(run.out())
                    .contains(
                            String.format(
                                    "%-6s %-10s %s%n",
                                    fields.get("state").getAsString(),
                                    fields.get("part").getAsString(),
                                    fields.get("text").getAsString()));
        }
        assertThat(run.out()).contains("a small network run on the processor");
    }

    @Test
    void threadsThatAreWithheldAreToldWithARemedyThatGivesThemBack() throws Exception {
        assumeTrue(
                Runtime.getRuntime().availableProcessors() > 1,
                "only one processor: no thread can be withheld");
        String withheld = doctor(List.of(), "OMP_NUM_THREADS", "1");
        assertThat(withheld).contains("OMP_NUM_THREADS leaves 1").contains("unset OMP_NUM_THREADS");
        assertThat(doctor(List.of(), "OMP_NUM_THREADS", null)).doesNotContain("OMP_NUM_THREADS");
    }

    @Test
    void anEngineWhoseLibrariesAnotherUserCouldReplaceIsAFault(@TempDir Path folder)
            throws Exception {
        assumeTrue(
                folder.getFileSystem().supportedFileAttributeViews().contains("posix"),
                "no modes of files here");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        String found = doctor(List.of("-DDJL_CACHE_DIR=" + folder), "FERN", null);
        assertThat(found.lines().filter(line -> line.startsWith("fault")))
                .anyMatch(line -> line.contains("MXNet") && line.contains(folder.toString()));
    }

    private static String doctor(List<String> javaOptions, String variable, String value)
            throws Exception {
        ProcessBuilder builder = FernProcess.of(javaOptions, List.of("doctor"));
        builder.environment().remove(variable);
        if (value != null) {
            builder.environment().put(variable, value);
        }
        Process process = builder.redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }
}
