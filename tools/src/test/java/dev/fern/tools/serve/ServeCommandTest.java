package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {

    @TempDir static Path folder;

    private static Path model;
    private static Path image;

    @BeforeAll
    static void makeModelAndImage() throws IOException {
        model = folder.resolve("model");
        image = folder.resolve("image.png");
        SmallModel.write(model);
        byte[] pixels = new byte[3 * 60 * 50];
        new Random(3).nextBytes(pixels);
        try (BgrImage written = BgrImage.of(60, 50, pixels)) {
            written.write(image);
        }
    }

    @Test
    void theServerGivesTheNumbersOfDetectAndEndsWhenItIsTold() throws Exception {
        Path json = folder.resolve("found.json");
        CommandRun detected =
                CommandRun.of(
                        "detect",
                        "--model",
                        model.toString(),
                        "--json",
                        json.toString(),
                        image.toString());
        assertThat(detected.status()).isZero();
        JsonArray expected = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
        assertThat(expected).isNotEmpty();

        try (ServeProcess server = new ServeProcess(folder, model)) {
            String body = server.predict(Files.readAllBytes(image)).body();
            JsonArray found =
                    JsonParser.parseString(body).getAsJsonObject().getAsJsonArray("detections");
            assertThat(numbers(found)).isEqualTo(numbers(expected));
            assertThat(server.get("/")).contains("Find objects");
            CommandRun second =
                    CommandRun.of("serve", "--model=" + model, "--port=" + server.port());
            assertThat(second.status()).isEqualTo(2);
            assertThat(second.complaints())
                    .containsExactly(
                            "fern: port "
                                    + server.port()
                                    + " of 127.0.0.1 is in use; choose another with --port or"
                                    + " --host");
            server.terminate();
            assertThat(server.log())
                    .hasSize(2)
                    .allMatch(line -> JsonParser.parseString(line).isJsonObject());
        }
    }

    private static List<String> numbers(JsonArray detections) {
        List<String> numbers = new ArrayList<>();
        for (JsonElement detection : detections) {
            JsonObject fields = detection.getAsJsonObject();
            numbers.add(fields.get("bbox") + " " + fields.get("score"));
        }
        return numbers;
    }

    @Test
    void whatCannotBeServedIsToldInOneLine() {
        List<List<String>> wrong =
                List.of(
                        List.of("--model", folder.resolve("none").toString()),
                        List.of("--model", "a b=" + model),
                        List.of("--model", "x=" + model, "--model", "x=" + model),
                        List.of("--model", model.toString(), "--port", "70000"),
                        List.of("--model", model.toString(), "--max-body-mib", "0"),
                        List.of("--model", model.toString(), "--queue", "0"),
                        List.of("--model", model.toString(), "--host", "no.such.host.invalid"),
                        List.of("--model", model.toString(), "--key-store", "none.p12"),
                        List.of("--model", model.toString(), "--key-store", folder.toString()),
                        List.of("--model", model.toString(), "--key-store", image.toString()),
                        List.of("--model", model.toString(), "--token-file", image.toString()),
                        List.of("--model", model.toString(), "--token-file", "none"));
        for (List<String> options : wrong) {
            List<String> arguments = new ArrayList<>(List.of("serve"));
            arguments.addAll(options);
            CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
            assertThat(run.status()).as(options + ": " + run).isEqualTo(2);
            assertThat(run.complaints()).as(options.toString()).hasSize(1);
        }
    }
}
