package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a server does with clients that ask too much, too slowly, or while it changes. */
class ServerUnderLoadTest extends ServerFixture {

    private static final int SWAPS = Integer.getInteger("fern.serve.swaps", 3);

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
        try (PredictionServer server = startImpatient();
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
    void aModelThatChangesOftenNeverMixesWithTheOldOneInAnAnswer() throws Exception {
        Path changing = folder.resolve("changing");
        List<List<JsonArray>> expected = List.of(expected(model, 0.3), expected(other, 0.3));
        writeModel(changing, 1);
        Map<String, List<JsonArray>> byVersion = new ConcurrentHashMap<>();
        AtomicBoolean isOver = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try (PredictionServer server = start(4, 100, Optional.empty(), changing)) {
            byVersion.put(version(server), expected.get(0));
            List<Future<Integer>> counts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int first = i;
                counts.add(
                        clients.submit(() -> askUntil(isOver, server, first, byVersion, expected)));
            }
            String last = version(server);
            for (int swap = 1; swap <= SWAPS; swap++) {
                writeModel(changing, 1 + swap % 2);
                long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                String now = last;
                while (now.equals(last)) {
                    assertThat(System.nanoTime()).as("the model is not loaded").isLessThan(end);
                    Thread.sleep(20);
                    now = version(server);
                }
                last = now;
            }
            isOver.set(true);
            for (Future<Integer> count : counts) {
                assertThat(count.get()).isPositive();
            }
            assertThat(byVersion).hasSize(2);
        } finally {
            isOver.set(true);
            clients.shutdownNow();
        }
    }

    private String version(PredictionServer server) throws Exception {
        return JsonParser.parseString(post(server, "/predictions/cells", IMAGES.get(0)).body())
                .getAsJsonObject()
                .get("version")
                .getAsString();
    }

    /** Asks for predictions, and holds each against those of the model whose version it names. */
    private int askUntil(
            AtomicBoolean isOver,
            PredictionServer server,
            int first,
            Map<String, List<JsonArray>> byVersion,
            List<List<JsonArray>> expected)
            throws Exception {
        int count = 0;
        for (int i = first; !isOver.get(); i++) {
            int image = i % IMAGES.size();
            HttpResponse<String> answer = post(server, "/predictions/cells", IMAGES.get(image));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            String version =
                    JsonParser.parseString(answer.body())
                            .getAsJsonObject()
                            .get("version")
                            .getAsString();
            // The version that is not the first model's is the second's.
            List<JsonArray> right = byVersion.computeIfAbsent(version, v -> expected.get(1));
            assertThat(detections(answer)).isEqualTo(right.get(image));
            count++;
        }
        return count;
    }

    @Test
    void whatWasAcceptedIsAnsweredBeforeTheEnd() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        PredictionServer server = start(1, 100, Optional.empty());
        try {
            post(server, "/predictions/cells", IMAGES.get(0));
            for (int i = 0; i < 60; i++) {
                RawClient raw = new RawClient(server);
                clients.add(raw);
                raw.send("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n").readUntil("Healthy\"}\n");
            }
            for (RawClient raw : clients) {
                raw.send(RawClient.prediction(IMAGES.get(0)));
            }
            Thread.sleep(100); // while the first of them are computed, all are received
            server.close();
            for (RawClient raw : clients) {
                assertThat(raw.readAll()).startsWith("HTTP/1.1 200");
            }
        } finally {
            server.close();
            for (RawClient raw : clients) {
                raw.close();
            }
        }
    }
}
