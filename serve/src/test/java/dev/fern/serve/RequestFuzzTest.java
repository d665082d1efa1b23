package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends, the server answers as HTTP or closes the connection, and goes on. {@code
 * -Dfern.fuzz.requests=1000} sends more, {@code -Dfern.fuzz.seed=2} others.
 */
class RequestFuzzTest extends ServerFixture {

    private static final int REQUESTS = Integer.getInteger("fern.fuzz.requests", 100);
    private static final long SEED = Long.getLong("fern.fuzz.seed", 1);

    private static final List<String> HEADERS =
            List.of(
                    "Content-Type: multipart/form-data; boundary=XX\r\n",
                    "Content-Type: multipart/form-data\r\n",
                    "Transfer-Encoding: chunked\r\n",
                    "Expect: 100-continue\r\n",
                    "Content-Length: 5\r\n",
                    "Content-Length: 99999999999999999999\r\n",
                    "Accept: image/png;q=2, */*\r\n",
                    "Content-Encoding: gzip\r\n",
                    "Connection: upgrade\r\nUpgrade: h2c\r\n",
                    "Authorization: Bearer \u00ff\r\n",
                    "Cookie: a=\"\r\n",
                    ": \r\n");

    @Test
    void whateverIsSentIsAnsweredOrCutOff() throws Exception {
        Random random = new Random(SEED);
        try (PredictionServer server = startImpatient()) {
            for (int i = 0; i < REQUESTS; i++) {
                byte[] request = request(random);
                long start = System.nanoTime();
                String answer;
                try (RawClient raw = new RawClient(server)) {
                    try {
                        raw.send(request);
                        // A client that ends counts as gone: a whole request shall be begun.
                        Thread.sleep(20);
                        raw.end();
                    } catch (IOException e) {
                        // The server has seen enough.
                    }
                    answer = raw.readAll();
                }
                String about = "request " + i + " of -Dfern.fuzz.seed=" + SEED + ": " + answer;
                assertThat(System.nanoTime() - start)
                        .as(about)
                        .isLessThan(Duration.ofSeconds(20).toNanos());
                requireHttp(answer, about);
            }
            assertThat(post(server, "/predictions/cells", IMAGES.get(0)).statusCode())
                    .isEqualTo(200);
        }
    }

    private static void requireHttp(String answer, String about) {
        if (answer.isEmpty()) {
            return;
        }
        assertThat(answer).as(about).matches("(?s)HTTP/1\\.[01] [1-5]\\d\\d .*");
        int body = answer.indexOf("\r\n\r\n") + 4;
        int status = Integer.parseInt(answer.substring(9, 12));
        if (status >= 400) {
            String line = answer.substring(body).lines().findFirst().orElse("{}");
            assertThat(JsonParser.parseString(line).isJsonObject()).as(about).isTrue();
        }
        assertThat(status).as(about).isNotEqualTo(500);
    }

    /** Returns a request for a prediction with some faults. */
    private static byte[] request(Random random) {
        byte[] image = IMAGES.get(random.nextInt(IMAGES.size())).clone();
        damage(image, random, random.nextInt(3));
        StringBuilder head = new StringBuilder();
        head.append(pick(random, "POST", "GET", "PUT", "OPTIONS", "\u0000"));
        head.append(' ');
        head.append(
                pick(
                        random,
                        "/predictions/cells",
                        "/predictions/cells?score_threshold=%",
                        "/predictions/cells?classes=cell,,clot&max_detections=1e9",
                        "/predictions/" + "c".repeat(random.nextInt(20_000)),
                        "/predictions/cells;x=y",
                        "//predictions//cells",
                        "http://x:99999/predictions/cells",
                        "*"));
        head.append(pick(random, " HTTP/1.1", " HTTP/1.0", " HTTP/2.0", "")).append("\r\n");
        head.append("Host: x\r\n");
        for (int i = random.nextInt(3); i > 0; i--) {
            head.append(HEADERS.get(random.nextInt(HEADERS.size())));
        }
        if (random.nextBoolean()) {
            head.append("Content-Length: ").append(image.length).append("\r\n");
        }
        head.append("\r\n");
        byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
        if (random.nextInt(4) == 0) {
            damage(bytes, random, 1 + random.nextInt(4));
        }
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(bytes);
        request.write(image, 0, random.nextBoolean() ? image.length : image.length / 2);
        return request.toByteArray();
    }

    private static String pick(Random random, String... texts) {
        // The first is the right one, which the rest of the request shall often get to.
        return texts[random.nextBoolean() ? 0 : random.nextInt(texts.length)];
    }

    private static void damage(byte[] bytes, Random random, int times) {
        for (int i = 0; i < times; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
    }
}
