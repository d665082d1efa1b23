package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the container's and the service's files against the program and against good custom. */
class ServiceFilesTest {

    private static final Path SHARE = Path.of("..", "distribution", "src", "main", "share");
    private static final Pattern INSTRUCTION = Pattern.compile("([A-Z]+) (.*)");
    private static final Pattern OPTION = Pattern.compile("(--[a-z-]+)=");

    /** What systemd calls "OK" ends below 5; this unit is at 1.4. */
    private static final int MOST_EXPOSURE_TENTHS = 20;

    @TempDir static Path folder;

    /** Returns the instructions of the Dockerfile, each once. */
    private static Map<String, String> instructions() throws IOException {
        Map<String, String> instructions = new LinkedHashMap<>();
        String joined =
                Files.readString(SHARE.resolve("container/Dockerfile"))
                        .replaceAll("(?m)^#.*\n", "")
                        .replaceAll("\\\\\n\\s*", "");
        for (String line : joined.lines().filter(l -> !l.isBlank()).toList()) {
            Matcher matcher = INSTRUCTION.matcher(line);
            assertThat(matcher.matches()).as(line).isTrue();
            instructions.merge(matcher.group(1), matcher.group(2), (a, b) -> a + "\n" + b);
        }
        return instructions;
    }

    private static List<String> words(String json) {
        JsonArray array = JsonParser.parseString(json).getAsJsonArray(); // the form without a shell
        return array.asList().stream().map(word -> word.getAsString()).toList();
    }

    @Test
    void theContainerRunsTheServerAsAnOrdinaryUser() throws IOException {
        Map<String, String> file = instructions();
        assertThat(file.keySet())
                .isSubsetOf(
                        "FROM",
                        "RUN",
                        "COPY",
                        "USER",
                        "ENV",
                        "VOLUME",
                        "EXPOSE",
                        "HEALTHCHECK",
                        "STOPSIGNAL",
                        "ENTRYPOINT",
                        "CMD");
        assertThat(file.get("FROM")).matches("[\\w-]+:\\d+-jre[\\w-]*");
        assertThat(file.get("USER")).matches("[1-9]\\d+:[1-9]\\d+");
        assertThat(file.get("RUN")).contains("--uid " + file.get("USER").split(":")[0]);
        assertThat(words(file.get("VOLUME"))).containsExactly("/var/cache/fern");
        assertThat(file.get("ENV")).contains("XDG_CACHE_HOME=/var/cache/fern");
        assertThat(file.get("COPY")).isEqualTo(". /opt/fern");
        assertThat(words(file.get("ENTRYPOINT"))).containsExactly("/opt/fern/bin/fern");
        List<String> command = words(file.get("CMD"));
        assertThat(command).contains("serve", "--port=" + file.get("EXPOSE"));
        assertThat(file.get("HEALTHCHECK")).contains("/127.0.0.1/" + file.get("EXPOSE"));
        requireOptions(String.join(" ", command));
    }

    private static void requireOptions(String command) {
        String help = CommandRun.of("serve", "--help").out();
        List<String> options =
                OPTION.matcher(command).results().map(match -> match.group(1)).toList();
        assertThat(options).isNotEmpty();
        for (String option : options) {
            assertThat(help).contains(option + "=");
        }
    }

    @Test
    void theHealthOfTheContainerIsThatOfTheServer() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash: no health is asked for");
        Path model = folder.resolve("model");
        SmallModel.write(model);
        String check = instructions().get("HEALTHCHECK");
        List<String> command = words(check.substring(check.indexOf('[')));
        try (ServeProcess server = new ServeProcess(folder, model)) {
            List<String> here = new ArrayList<>(command);
            here.replaceAll(word -> word.replace("/8080", "/" + server.port()));
            assertThat(exitStatus(here)).isZero();
            server.terminate();
            assertThat(exitStatus(here)).isNotZero();
        }
    }

    private static int exitStatus(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    @Test
    void theUnitIsSoundAndHardened() throws Exception {
        Path analyze = Path.of("/usr/bin/systemd-analyze");
        assumeTrue(Files.isExecutable(analyze), "no systemd-analyze: the unit is not looked at");
        String text = Files.readString(SHARE.resolve("systemd/fern-serve.service"));
        requireOptions(text.lines().filter(l -> l.startsWith("ExecStart=")).findFirst().get());
        Path unit = folder.resolve("fern-serve.service");
        Files.writeString(unit, text.replace("/opt/fern/bin/fern", "/bin/true"));
        assertThat(output(List.of(analyze.toString(), "verify", "--man=no", unit.toString())))
                .isEmpty();
        String exposure =
                output(
                        List.of(
                                analyze.toString(),
                                "security",
                                "--offline=yes",
                                "--threshold=" + MOST_EXPOSURE_TENTHS,
                                unit.toString()));
        assertThat(exposure).contains("Overall exposure level for fern-serve.service");
        // What a Java program with memory of its own for compiled code could not start with.
        assertThat(text).doesNotContain("\nMemoryDenyWriteExecute=");
    }

    /** Returns what a command prints, which must succeed. */
    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
