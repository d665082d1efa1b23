package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.Socket;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictionServerTest {

    private static final int MAX_BODY = 1 << 20;

    @TempDir static Path folder;

    private static Path model;
    private static Path other;
    private static final List<byte[]> IMAGES = new ArrayList<>();

    private final HttpClient client = HttpClient.newHttpClient();
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();

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
    private static void writeModel(Path directory, long seed) throws IOException {
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

    private PredictionServer start(int maxBatch, int queue, Optional<String> token)
            throws IOException {
        return PredictionServer.start(
                new ServerOptions(
                        "127.0.0.1",
                        0,
                        maxBatch,
                        5,
                        queue,
                        MAX_BODY,
                        ImageReader.standard(),
                        5,
                        token,
                        Optional.empty()),
                Map.of("cells", model),
                Detector::load,
                new PrintStream(log, true, StandardCharsets.UTF_8));
    }

    private static HttpRequest.Builder request(PredictionServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(Duration.ofSeconds(60));
    }

    private HttpResponse<String> post(PredictionServer server, String path, byte[] body)
            throws Exception {
        return client.send(
                request(server, path).POST(BodyPublishers.ofByteArray(body)).build(),
                BodyHandlers.ofString());
    }

    /** Returns what the detector finds in each image, as an answer has it. */
    private static List<JsonArray> expected(Path directory, double threshold) throws IOException {
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

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void everyClientGetsWhatItWouldHaveGotAlone(int maxBatch) throws Exception {
        List<JsonArray> expected = expected(model, 0.3);
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try (PredictionServer server = start(maxBatch, 1000, Optional.empty())) {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 120; i++) {
                byte[] image = IMAGES.get(i % IMAGES.size());
                answers.add(clients.submit(() -> post(server, "/predictions/cells", image)));
            }
            for (int i = 0; i < answers.size(); i++) {
                HttpResponse<String> answer = answers.get(i).get();
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(detections(answer)).isEqualTo(expected.get(i % IMAGES.size()));
            }
            String metrics =
                    client.send(request(server, "/metrics").build(), BodyHandlers.ofString())
                            .body();
            assertThat(metrics)
                    .containsPattern("fern_requests_seconds_count\\{[^}]*\\} 120")
                    .contains("fern_queue_length", "fern_batch_size_bucket");
        } finally {
            clients.shutdownNow();
        }
        assertThat(log.toString(StandardCharsets.UTF_8).lines())
                .hasSize(121)
                .allMatch(line -> JsonParser.parseString(line).isJsonObject());
    }

    private static JsonArray detections(HttpResponse<String> answer) {
        return JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonArray("detections");
    }

    @Test
    void parametersChooseAmongTheDetections() throws Exception {
        List<JsonArray> expected = expected(model, 0.5);
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            byte[] image = IMAGES.get(1);
            JsonArray found =
                    detections(post(server, "/predictions/cells?score_threshold=0.5", image));
            assertThat(found).isEqualTo(expected.get(1));
            JsonArray best =
                    detections(
                            post(
                                    server,
                                    "/predictions/cells?score_threshold=0.5&max_detections=2",
                                    image));
            assertThat(best).containsExactly(expected.get(1).get(0), expected.get(1).get(1));
            JsonArray clots =
                    detections(
                            post(
                                    server,
                                    "/predictions/cells?score_threshold=0.5&classes=clot",
                                    image));
            assertThat(clots)
                    .isNotEmpty()
                    .allMatch(d -> d.getAsJsonObject().get("category").getAsString().equals("clot"))
                    .hasSizeLessThan(expected.get(1).size());
            for (String wrong :
                    List.of(
                            "score_threshold=2",
                            "score_threshold=NaN",
                            "score_threshold=0.001",
                            "max_detections=0",
                            "classes=dog",
                            "treshold=0.4")) {
                HttpResponse<String> refused = post(server, "/predictions/cells?" + wrong, image);
                assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
            }
        }
    }

    @Test
    void aFormIsReadLikeAPlainBody() throws Exception {
        List<JsonArray> expected = expected(model, 0.5);
        String head =
                "--XX\r\nContent-Disposition: form-data; name=\"score_threshold\"\r\n\r\n0.5\r\n"
                        + "--XX\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.png\"\r\n"
                        + "Content-Type: image/png\r\n\r\n";
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        form.write(head.getBytes(StandardCharsets.UTF_8));
        form.write(IMAGES.get(0));
        form.write("\r\n--XX--\r\n".getBytes(StandardCharsets.UTF_8));
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            HttpResponse<String> answer =
                    client.send(
                            request(server, "/predictions/cells")
                                    .header("Content-Type", "multipart/form-data; boundary=XX")
                                    .POST(BodyPublishers.ofByteArray(form.toByteArray()))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(detections(answer)).isEqualTo(expected.get(0));
            HttpResponse<String> damaged =
                    client.send(
                            request(server, "/predictions/cells")
                                    .header("Content-Type", "multipart/form-data; boundary=YY")
                                    .POST(BodyPublishers.ofByteArray(form.toByteArray()))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(damaged.statusCode()).isEqualTo(400);
        }
    }

    @Test
    void aClientThatPrefersAnImageGetsADrawing() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            for (String type : List.of("image/png", "image/jpeg")) {
                HttpResponse<byte[]> answer =
                        client.send(
                                request(server, "/predictions/cells")
                                        .header("Accept", type)
                                        .POST(BodyPublishers.ofByteArray(IMAGES.get(0)))
                                        .build(),
                                BodyHandlers.ofByteArray());
                assertThat(answer.headers().firstValue("Content-Type")).contains(type);
                try (BgrImage drawn =
                        ImageReader.standard().read(ImageSource.ofBytes("answer", answer::body))) {
                    assertThat(drawn.width()).isEqualTo(60);
                }
            }
        }
    }

    @Test
    void whatIsWrongIsToldWithAStatusAndOneLine() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            assertThat(post(server, "/predictions/dogs", IMAGES.get(0)).statusCode())
                    .isEqualTo(404);
            assertThat(post(server, "/nothing", IMAGES.get(0)).statusCode()).isEqualTo(404);
            assertThat(post(server, "/models", IMAGES.get(0)).statusCode()).isEqualTo(405);
            assertThat(post(server, "/predictions/cells", new byte[0]).statusCode()).isEqualTo(400);
            HttpResponse<String> noImage =
                    post(server, "/predictions/cells", "not an image".getBytes());
            assertThat(noImage.statusCode()).isEqualTo(400);
            assertThat(JsonParser.parseString(noImage.body()).getAsJsonObject().get("message"))
                    .extracting(JsonElement::getAsString)
                    .asString()
                    .contains("the image");
            assertThat(post(server, "/predictions/cells", new byte[MAX_BODY + 1]).statusCode())
                    .isEqualTo(413);
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aBodyWithoutALengthIsCutOffAtTheLimit() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            HttpResponse<String> answer =
                    client.send(
                            request(server, "/predictions/cells")
                                    .POST(
                                            BodyPublishers.ofInputStream(
                                                    () -> new EndlessStream(20L * MAX_BODY)))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(413);
        } catch (IOException e) {
            // The server may close the connection while the client still sends.
        }
    }

    /** Bytes without end, but for the test's. */
    private static final class EndlessStream extends InputStream {
        private long left;

        EndlessStream(long bytes) {
            left = bytes;
        }

        @Override
        public int read() {
            return left-- > 0 ? 1 : -1;
        }
    }

    @Test
    void aClientThatStopsSendingIsLeftAndOthersAreAnswered() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty());
                Socket slow = new Socket("127.0.0.1", server.port())) {
            slow.setSoTimeout(20_000);
            slow.getOutputStream()
                    .write(
                            ("POST /predictions/cells HTTP/1.1\r\nHost: x\r\n"
                                            + "Content-Length: 1000\r\n\r\nabc")
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(200);
            String answer =
                    new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void moreThanTheQueueHoldsIsRefusedForNow() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(32);
        try (PredictionServer server = start(1, 1, Optional.empty())) {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(
                        clients.submit(() -> post(server, "/predictions/cells", IMAGES.get(0))));
            }
            int refused = 0;
            for (Future<HttpResponse<String>> future : answers) {
                HttpResponse<String> answer = future.get();
                if (answer.statusCode() == 503) {
                    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
                    refused++;
                } else {
                    assertThat(answer.statusCode()).isEqualTo(200);
                }
            }
            assertThat(refused).isPositive().isLessThan(200);
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(200);
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void onlyClientsWithTheTokenAreServed() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.of("secret"))) {
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(401);
            for (String path : List.of("/models", "/metrics")) {
                assertThat(get(server, path, "Bearer wrong")).isEqualTo(401);
                assertThat(get(server, path, "Bearer secret")).isEqualTo(200);
            }
            assertThat(get(server, "/ping", "Basic x")).isEqualTo(200);
        }
    }

    private int get(PredictionServer server, String path, String authorization) throws Exception {
        return client.send(
                        request(server, path).header("Authorization", authorization).build(),
                        BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void aModelThatChangesIsLoadedWhileTheOldOneAnswers() throws Exception {
        Path changing = folder.resolve("changing");
        List<JsonArray> before = expected(model, 0.3);
        List<JsonArray> after = expected(other, 0.3);
        writeModel(changing, 1);
        try (PredictionServer server =
                PredictionServer.start(
                        new ServerOptions(
                                "127.0.0.1",
                                0,
                                4,
                                2,
                                100,
                                MAX_BODY,
                                ImageReader.standard(),
                                5,
                                Optional.empty(),
                                Optional.empty()),
                        Map.of("cells", changing),
                        Detector::load,
                        new PrintStream(log, true, StandardCharsets.UTF_8))) {
            boolean changed = false;
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            for (int i = 0; !changed && System.nanoTime() < end; i++) {
                if (i == 5) {
                    writeModel(changing, 2);
                }
                int image = i % IMAGES.size();
                HttpResponse<String> answer = post(server, "/predictions/cells", IMAGES.get(image));
                assertThat(answer.statusCode()).isEqualTo(200);
                JsonArray found = detections(answer);
                changed = found.equals(after.get(image));
                assertThat(changed || found.equals(before.get(image))).isTrue();
            }
            assertThat(changed).isTrue();
        }
    }

    @Test
    void whatWasAcceptedIsAnsweredBeforeTheEnd() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(16);
        try {
            PredictionServer server = start(1, 100, Optional.empty());
            post(server, "/predictions/cells", IMAGES.get(0));
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                answers.add(
                        clients.submit(() -> post(server, "/predictions/cells", IMAGES.get(0))));
            }
            Thread.sleep(50);
            server.close();
            for (Future<HttpResponse<String>> future : answers) {
                try {
                    assertThat(future.get().statusCode()).isIn(200, 503);
                } catch (ExecutionException e) {
                    // A connection that came after the end is refused.
                    assertThat(e.getCause()).isInstanceOf(ConnectException.class);
                }
            }
        } finally {
            clients.shutdownNow();
        }
    }
}
