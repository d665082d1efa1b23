package dev.fern.tools.doctor;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.tools.console.ErrorReport;
import dev.fern.tools.console.FernProcess;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A trial of one native library in a process of its own.
 *
 * @param part the library's name
 * @param answer what the process found out; null if it failed
 * @param failure why it failed, in one line; null if it did not
 */
record Probe(String part, JsonObject answer, String failure) {

    private static final int MOST_SECONDS = 120;

    /**
     * Tries a library.
     *
     * @param smokeTest what the process does
     * @return what came of it
     * @throws IOException if no process can be started
     * @throws InterruptedException if the thread is interrupted meanwhile, which ends the process
     */
    static Probe of(SmokeTest smokeTest) throws IOException, InterruptedException {
        Path out = Files.createTempFile("fern-doctor-", ".out");
        Path err = Files.createTempFile("fern-doctor-", ".err");
        Process process =
                FernProcess.of(List.of(), List.of("doctor", "--probe", smokeTest.name()))
                        .redirectOutput(Redirect.to(out.toFile()))
                        .redirectError(Redirect.to(err.toFile()))
                        .start();
        try {
            if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
                return failed(smokeTest, "gave no answer within " + MOST_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                return failed(smokeTest, reason(process.exitValue(), err));
            }
            JsonObject answer = JsonParser.parseString(lastLine(out)).getAsJsonObject();
            return new Probe(smokeTest.part(), answer, null);
        } catch (JsonParseException | IllegalStateException e) {
            return failed(smokeTest, "gave no answer");
        } finally {
            process.destroyForcibly().waitFor();
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static Probe failed(SmokeTest smokeTest, String failure) {
        return new Probe(smokeTest.part(), null, failure);
    }

    /** Returns what the process reported or, where it crashed and could not, its exit status. */
    private static String reason(int status, Path err) throws IOException {
        List<String> lines = lines(err);
        return lines.stream()
                .filter(line -> line.startsWith("fern: "))
                .reduce((first, second) -> second)
                .map(line -> line.substring("fern: ".length()))
                .orElseGet(
                        () ->
                                "the process crashed with status "
                                        + status
                                        + (lines.isEmpty()
                                                ? ""
                                                : ": "
                                                        + ErrorReport.inOneLine(
                                                                lines.get(lines.size() - 1))));
    }

    private static String lastLine(Path file) throws IOException {
        List<String> lines = lines(file);
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    }

    private static List<String> lines(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    boolean works() {
        return failure == null;
    }

    String text(String name) {
        return answer.get(name).getAsString();
    }

    int number(String name) {
        return answer.get(name).getAsInt();
    }

    boolean flag(String name) {
        return answer.get(name).getAsBoolean();
    }

    /** Returns what the library did in which time, and where it lies. */
    String summary() {
        String place = text(SmokeTest.FILE);
        return String.format(
                Locale.ROOT,
                "%s: %s in %.1f s%s",
                text(SmokeTest.VERSION),
                text(SmokeTest.DONE),
                answer.get(SmokeTest.SECONDS).getAsDouble(),
                place.isEmpty() ? "" : "; " + place);
    }
}
