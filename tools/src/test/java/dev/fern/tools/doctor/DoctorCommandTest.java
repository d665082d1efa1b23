package dev.fern.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.console.FernProcess;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
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
    void everyPartHasALineAndTheSameFindingInTheFile(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("doctor.json");
        MachineTest.writeNvidiaSmi(folder, "echo 'Some GPU, 81559 MiB, 570.1'");
        String path = folder + File.pathSeparator + System.getenv("PATH");
        String found = doctor(List.of(), Map.of("PATH", path), 0, "--json", json.toString());
        JsonArray findings =
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .getAsJsonArray("findings");
        assertThat(findings)
                .extracting(f -> f.getAsJsonObject().get("part").getAsString())
                .containsExactlyElementsOf(PARTS);
        for (JsonElement finding : findings) {
            JsonObject fields = finding.getAsJsonObject();
            assertThat(found)
                    .contains(
                            String.format(
                                    "%-6s %-10s %s%n",
                                    fields.get("state").getAsString(),
                                    fields.get("part").getAsString(),
                                    fields.get("text").getAsString()));
        }
        assertThat(found)
                .contains("a small network run on the processor")
                .contains("GPU        Some GPU, 81559 MiB, 570.1");
        if (!Files.exists(Path.of("/dev/nvidiactl"))) {
            assertThat(found)
                    .containsPattern("note +PyTorch .*; sees no GPU: the PyTorch that comes")
                    .contains("-> install PyTorch 2.7.1 for CUDA 12.8");
        }
    }

    @Test
    void anEngineWhoseLibrariesAnotherUserCouldReplaceIsAFault(@TempDir Path folder)
            throws Exception {
        assumeTrue(
                folder.getFileSystem().supportedFileAttributeViews().contains("posix"),
                "no modes of files here");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        String found = doctor(List.of("-DDJL_CACHE_DIR=" + folder), Map.of(), 1);
        assertThat(found.lines().filter(line -> line.startsWith("fault")))
                .anyMatch(line -> line.contains("MXNet") && line.contains(folder.toString()));
    }

    private static String doctor(
            List<String> javaOptions,
            Map<String, String> environment,
            int status,
            String... options)
            throws Exception {
        List<String> arguments = new ArrayList<>(List.of("doctor"));
        arguments.addAll(List.of(options));
        ProcessBuilder builder = FernProcess.of(javaOptions, arguments);
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isEqualTo(status);
        return out;
    }
}
