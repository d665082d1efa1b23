package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.FernProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {

    private static final Pattern ADDRESS = Pattern.compile("serving .* at (http://\\S+)");

    @TempDir static Path folder;

    private static Path model;
    private static Path image;

    @BeforeAll
    static void makeModelAndImage() throws IOException {
        model = folder.resolve("model");
        image = folder.resolve("image.png");
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(7, "cell", "")))) {
            var parameters = detector.copyParameters();
            Random random = new Random(2);
            float[] bias = parameters.get("classification.output.bias").data();
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            ModelDirectory.write(model, detector.configuration(), parameters);
        }
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

        Path log = folder.resolve("access.log");
        Process process =
                FernProcess.of(
                                List.of(),
                                List.of("serve", "--port", "0", "--model", "cells=" + model))
                        .redirectOutput(log.toFile())
                        .start();
        try (BufferedReader errors =
                new BufferedReader(
                        new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            Matcher address = ADDRESS.matcher("");
            List<String> read = new ArrayList<>();
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                read.add(line);
                if (address.reset(line).find()) {
                    break;
                }
            }
            assertThat(read).isNotEmpty();
            assertThat(read.get(read.size() - 1)).containsPattern(ADDRESS);
            String url = address.group(1);
            HttpClient client = HttpClient.newHttpClient();
            String body =
                    client.send(
                                    HttpRequest.newBuilder(URI.create(url + "/predictions/cells"))
                                            .POST(BodyPublishers.ofFile(image))
                                            .build(),
                                    BodyHandlers.ofString())
                            .body();
            JsonArray found =
                    JsonParser.parseString(body).getAsJsonObject().getAsJsonArray("detections");
            assertThat(numbers(found)).isEqualTo(numbers(expected));
            String page =
                    client.send(
                                    HttpRequest.newBuilder(URI.create(url + "/")).build(),
                                    BodyHandlers.ofString())
                            .body();
            assertThat(page).contains("Find objects");

            process.destroy(); // SIGTERM
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readAllLines(log))
                    .hasSize(2)
                    .allMatch(line -> JsonParser.parseString(line).isJsonObject());
        } finally {
            process.destroyForcibly();
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
