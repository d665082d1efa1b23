package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a server does with clients that ask too much, too slowly, or while it changes. */
class ServerUnderLoadTest extends ServerFixture {

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
