package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictionServerTest extends ServerFixture {

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
                            "max_detections=1.5",
                            "classes=%ff",
                            "classes=dog",
                            "treshold=0.4")) {
                HttpResponse<String> refused = post(server, "/predictions/cells?" + wrong, image);
                assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
            }
        }
    }

    @Test
    void aModelThatIsSureAnswersThoseWhoAskForNoScore() throws Exception {
        Path sure = folder.resolve("sure");
        try (Detector detector = Detector.load(model)) {
            DetectorConfiguration configuration = detector.configuration();
            ModelDirectory.write(
                    sure,
                    configuration.withPostProcessing(
                            configuration.postProcessing().withScoreThreshold(0.5)),
                    detector.copyParameters());
        }
        try (PredictionServer server = start(1, 10, Optional.empty(), sure)) {
            HttpResponse<String> answer = post(server, "/predictions/cells", IMAGES.get(0));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(detections(answer)).isEqualTo(expected(sure, 0.5).get(0));
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
            String nameless = "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--\r\n";
            HttpResponse<String> refused =
                    client.send(
                            request(server, "/predictions/cells")
                                    .header("Content-Type", "multipart/form-data; boundary=XX")
                                    .POST(BodyPublishers.ofString(nameless))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
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
            assertThat(post(server, "/predictions/cells", new byte[8 * MAX_BODY]).statusCode())
                    .isEqualTo(413);
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(200);
        }
    }
}
