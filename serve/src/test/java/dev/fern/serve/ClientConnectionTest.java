package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of connections whose clients send what is no request, too slowly, or go. */
class ClientConnectionTest extends ServerFixture {

    private static final Pattern ABANDONED =
            Pattern.compile("fern_requests_seconds_count\\{[^}]*status=\"0\"} (\\d+)");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /predictions/..%2f HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /a/../../b HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /predictions/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                "BREW /pot HTCPCP/1.0\r\nHost: x\r\n\r\n",
                "POST /predictions/cells HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /predictions/cells HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"
            })
    void whatIsNoRequestIsRefusedAsJson(String request) throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty());
                RawClient raw = new RawClient(server)) {
            requireRefused(raw.send(request).end().readAll());
        }
    }

    @Test
    void aHeadThatIsTooLargeIsRefusedAsJson() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty());
                RawClient raw = new RawClient(server)) {
            String head = "GET / HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(20_000) + "\r\n\r\n";
            requireRefused(raw.send(head).readAll());
        }
    }

    private static void requireRefused(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 ").contains("\r\n\r\n");
        int status = Integer.parseInt(answer.substring(9, 12));
        assertThat(status).as(answer).isBetween(400, 599);
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        JsonObject error = JsonParser.parseString(body).getAsJsonObject();
        assertThat(error.get("code").getAsInt()).isEqualTo(status);
        assertThat(error.get("message").getAsString()).isNotEmpty().doesNotContain("\n");
    }

    @Test
    void aHeadThatComesByteByByteIsCutOff() throws Exception {
        try (PredictionServer server = startImpatient();
                RawClient raw = new RawClient(server)) {
            raw.send("GET /ping HTTP/1.1\r\nHost: x\r\n");
            long start = System.nanoTime();
            assertThatThrownBy(
                            () -> {
                                while (System.nanoTime() - start < 60e9) {
                                    raw.send("X: y\r\n");
                                    Thread.sleep(100);
                                }
                            })
                    .isInstanceOf(SocketException.class);
            assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(20).toNanos());
        }
    }

    @Test
    void aConnectionThatAsksForNothingIsClosedAtOnceWhenTheServerStops() throws Exception {
        PredictionServer server = start(1, 10, Optional.empty());
        try (RawClient idle = new RawClient(server);
                RawClient silent = new RawClient(server)) {
            idle.send("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n").readUntil("Healthy");
            long start = System.nanoTime();
            server.close();
            assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(20).toNanos());
            assertThat(silent.readAll()).isEmpty();
        } finally {
            server.close();
        }
    }

    @Test
    void requestsThatComeAtOnceOnOneConnectionAreAllAnswered() throws Exception {
        byte[] request = RawClient.prediction(IMAGES.get(0));
        byte[] three = Arrays.copyOf(request, 3 * request.length);
        System.arraycopy(request, 0, three, request.length, request.length);
        System.arraycopy(request, 0, three, 2 * request.length, request.length);
        try (PredictionServer server = start(1, 10, Optional.empty());
                RawClient raw = new RawClient(server)) {
            raw.send(three);
            // The first byte of the next request may be read in search of the connection's end.
            raw.send("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            String answers = raw.readAll();
            assertThat(Pattern.compile("HTTP/1.1 200").matcher(answers).results()).hasSize(4);
            assertThat(Pattern.compile("\"version\":").matcher(answers).results()).hasSize(3);
            assertThat(answers).endsWith("{\"status\":\"Healthy\"}\n");
        }
    }

    @Test
    void requestsWhoseClientsHaveGoneAreNotComputed() throws Exception {
        try (PredictionServer server = start(1, 100, Optional.empty())) {
            List<String> abandoned = List.of();
            for (int round = 0; round < 5 && abandoned.isEmpty(); round++) {
                List<RawClient> clients = new ArrayList<>();
                for (int i = 0; i < 60; i++) {
                    clients.add(
                            new RawClient(server)
                                    .send(RawClient.prediction(IMAGES.get(i % IMAGES.size()))));
                }
                for (RawClient gone : clients) {
                    gone.close(); // a slow machine may have answered all of them before
                }
                assertThat(detections(post(server, "/predictions/cells", IMAGES.get(0))))
                        .isEqualTo(expected(model, 0.3).get(0));
                String metrics =
                        client.send(request(server, "/metrics").build(), BodyHandlers.ofString())
                                .body();
                abandoned = ABANDONED.matcher(metrics).results().map(MatchResult::group).toList();
            }
            assertThat(abandoned).isNotEmpty();
        }
    }

    @Test
    void aPortThatIsInUseIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            assertThatThrownBy(
                            () ->
                                    start(
                                                    options(
                                                            taken.getLocalPort(),
                                                            1,
                                                            1,
                                                            5,
                                                            Optional.empty()),
                                                    model)
                                            .close())
                    .isInstanceOf(BindException.class)
                    .hasMessage("port " + taken.getLocalPort() + " of 127.0.0.1 is in use");
        }
    }
}
