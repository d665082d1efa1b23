package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Servers of small models, images, and what the models find in them. */
abstract class ServerFixture {

    static final int MAX_BODY = 1 << 20;

    /** Enough for a machine that has much else to do. */
    private static final int PATIENT_SECONDS = 60;

    private static final int IMPATIENT_SECONDS = 5;

    @TempDir static Path folder;

    static Path model;
    static Path other;
    static final List<byte[]> IMAGES = new ArrayList<>();

    final HttpClient client = HttpClient.newHttpClient();
    final ByteArrayOutputStream log = new ByteArrayOutputStream();

    @BeforeAll
    static void makeModelsAndImages() throws IOException {
        model = folder.resolve("model");
        other = folder.resolve("other");
        writeModel(model, 1);
        writeModel(other, 2);
        Random random = new Random(3);
        for (int[] size : new int[][] {{60, 50}, {64, 40}, {50, 60}, {33, 90}, {61, 50}}) {
            byte[] pixels = new byte[3 * size[0] * size[1]];
            random.nextBytes(pixels);
            try (BgrImage image = BgrImage.of(size[0], size[1], pixels)) {
                IMAGES.add(image.encoded(".png"));
            }
        }
    }

    /** Writes a model that finds many objects, since its scores are near one half. */
    static void writeModel(Path directory, long seed) throws IOException {
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        settings.addProperty("seed", seed);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(
                                List.of(
                                        new CocoCategory(7, "cell", ""),
                                        new CocoCategory(9, "clot", "")))) {
            Map<String, Tensor> parameters = new LinkedHashMap<>(detector.copyParameters());
            Random random = new Random(seed);
            float[] bias = parameters.get("classification.output.bias").data();
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            ModelDirectory.write(directory, detector.configuration(), parameters);
        }
    }

    PredictionServer start(int maxBatch, int queue, Optional<String> token) throws IOException {
        return start(maxBatch, queue, token, model);
    }

    PredictionServer start(int maxBatch, int queue, Optional<String> token, Path directory)
            throws IOException {
        return start(options(0, maxBatch, queue, PATIENT_SECONDS, token), directory);
    }

    /** Starts a server that soon ends what waits for a client. */
    PredictionServer startImpatient() throws IOException {
        return start(options(0, 2, 10, IMPATIENT_SECONDS, Optional.empty()), model);
    }

    PredictionServer start(ServerOptions options, Path directory) throws IOException {
        return PredictionServer.start(
                options,
                Map.of("cells", directory),
                Detector::load,
                new PrintStream(log, true, StandardCharsets.UTF_8));
    }

    static ServerOptions options(
            int port, int maxBatch, int queue, int timeoutSeconds, Optional<String> token) {
        return new ServerOptions(
                "127.0.0.1",
                port,
                maxBatch,
                5,
                queue,
                MAX_BODY,
                ImageReader.standard(),
                timeoutSeconds,
                token,
                Optional.empty());
    }

    static HttpRequest.Builder request(PredictionServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(Duration.ofSeconds(60));
    }

    HttpResponse<String> post(PredictionServer server, String path, byte[] body) throws Exception {
        return client.send(
                request(server, path).POST(BodyPublishers.ofByteArray(body)).build(),
                BodyHandlers.ofString());
    }

    /** Returns what the detector finds in each image, as an answer has it. */
    static List<JsonArray> expected(Path directory, double threshold) throws IOException {
        List<JsonArray> all = new ArrayList<>();
        try (Detector detector = Detector.load(directory)) {
            for (byte[] image : IMAGES) {
                List<Detection> found =
                        detector.detect(image).stream().filter(d -> d.score() > threshold).toList();
                all.add(
                        JsonParser.parseString(
                                        new String(
                                                Answers.json(
                                                        Answers.detections("", "", 1, 1, found)),
                                                StandardCharsets.UTF_8))
                                .getAsJsonObject()
                                .getAsJsonArray("detections"));
            }
        }
        assertThat(all.get(0)).hasSizeGreaterThan(5);
        return all;
    }

    static JsonArray detections(HttpResponse<String> answer) {
        return JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonArray("detections");
    }
}
