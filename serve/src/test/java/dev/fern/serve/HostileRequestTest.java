package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of someone who means harm: each is refused soon and in one short line. */
class HostileRequestTest extends ServerFixture {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int LONGEST_REFUSAL = 20_000;
    private static final int MANY = 10_000;

    private static void requireRefused(String about, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(about + ": " + answer.body()).isEqualTo(400);
        assertThat(answer.body()).as(about).hasSizeLessThan(LONGEST_REFUSAL);
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(
                        JsonParser.parseString(answer.body())
                                .getAsJsonObject()
                                .get("message")
                                .getAsString())
                .as(about)
                .isNotEmpty()
                .doesNotContain("\n", "\r");
    }

    private HttpResponse<String> send(PredictionServer server, String type, byte[] body)
            throws Exception {
        return client.send(
                request(server, "/predictions/cells")
                        .timeout(SOON)
                        .header("Content-Type", type)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static String part(String name, String content) {
        return "--XX\r\nContent-Disposition: form-data; " + name + "\r\n\r\n" + content + "\r\n";
    }

    @Test
    void formsThatAskTooMuchAreRefused() throws Exception {
        Map<String, String> forms = new LinkedHashMap<>();
        forms.put("many parts", part("name=\"a\"", "b").repeat(MANY));
        forms.put("a long name", part("name=\"" + "n".repeat(MANY / 2) + "\"", "b"));
        forms.put("a long number", part("name=\"score_threshold\"", "0." + "9".repeat(50 * MANY)));
        forms.put("a long class", part("name=\"classes\"", "c".repeat(50 * MANY)));
        forms.put("many classes", part("name=\"classes\"", "a,b,".repeat(10 * MANY)));
        forms.put("a long head", "--XX\r\nX: " + "x".repeat(50 * MANY) + "\r\n\r\nb\r\n");
        forms.put("many lines of a head", "--XX\r\n" + "X: y\r\n".repeat(5 * MANY) + "\r\nb\r\n");
        forms.put("another image", part("name=\"b\"; filename=\"../b.png\"", "not one"));
        for (String number : List.of("NaN", "Infinity", "-0.1", "1e9", "0,5")) {
            forms.put(number, part("name=\"score_threshold\"", number));
        }
        for (String name : List.of("<script>alert(1)</script>", "a\u2028b", "a%0d%0aX: y")) {
            forms.put(name, part("name=\"" + name + "\"", "b"));
        }
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            for (Map.Entry<String, String> form : forms.entrySet()) {
                ByteArrayOutputStream body = new ByteArrayOutputStream();
                body.writeBytes(
                        "--XX\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a\"\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                body.writeBytes(IMAGES.get(0));
                body.writeBytes(
                        ("\r\n" + form.getValue() + "--XX--\r\n").getBytes(StandardCharsets.UTF_8));
                requireRefused(
                        form.getKey(),
                        send(server, "multipart/form-data; boundary=XX", body.toByteArray()));
            }
        }
    }

    @Test
    void whatUnfoldsOrIsNoImageIsRefused() throws Exception {
        Map<String, byte[]> images = new LinkedHashMap<>();
        images.put("a large PNG", png(65_535, 65_535));
        images.put("the largest PNG", png(Integer.MAX_VALUE, Integer.MAX_VALUE));
        images.put("a PNG without pixels", png(8000, 8000));
        images.put("SVG", "<svg onload='alert(1)'/>".getBytes(StandardCharsets.UTF_8));
        images.put(
                "XML that unfolds",
                "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>".getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(IMAGES.get(0));
        }
        images.put("gzip", zipped.toByteArray());
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            for (Map.Entry<String, byte[]> image : images.entrySet()) {
                requireRefused(image.getKey(), send(server, "image/png", image.getValue()));
            }
        }
    }

    @Test
    void anAnimationIsItsFirstImage() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty())) {
            HttpResponse<String> first = send(server, "image/gif", gif(1));
            assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
            assertThat(send(server, "image/gif", gif(MANY)).body()).isEqualTo(first.body());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n",
                "Content-Length: 5\r\nContent-Length: 50\r\n\r\nabcde",
                "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc",
                "Transfer-Encoding: chunked\r\n\r\n-5\r\nabc",
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
                "Content-Length : 5\r\n\r\nabcde",
                "X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
                "X: a\rb\r\nContent-Length: 0\r\n\r\n"
            })
    void whatLiesAboutItsLengthIsRefusedAndNothingBehindItIsARequest(String rest) throws Exception {
        try (PredictionServer server = start(1, 10, Optional.empty());
                RawClient raw = new RawClient(server)) {
            String answer =
                    raw.send("POST /predictions/cells HTTP/1.1\r\nHost: x\r\n" + rest).readAll();
            assertThat(Pattern.compile("HTTP/1.1 400 ").matcher(answer).results()).hasSize(1);
            assertThat(answer).doesNotContain("Healthy");
        }
    }

    @Test
    void trailersWithoutEndAreCutOff() throws Exception {
        try (PredictionServer server = startImpatient();
                RawClient raw = new RawClient(server)) {
            raw.send(
                    "POST /predictions/cells HTTP/1.1\r\nHost: x\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n");
            try {
                raw.send("X: y\r\n".repeat(10 * MANY));
            } catch (IOException e) {
                // cut off already
            }
            assertThat(raw.readAll()).doesNotContain("HTTP/1.1 200");
        }
    }

    /** Returns an animation of one pixel, white in the first image and black in the others. */
    private static byte[] gif(int frames) {
        HexFormat hex = HexFormat.of();
        ByteArrayOutputStream gif = new ByteArrayOutputStream();
        gif.writeBytes(hex.parseHex("47494638396101000100f00000000000ffffff"));
        for (int i = 0; i < frames; i++) {
            gif.writeBytes(
                    hex.parseHex("2c00000000010001000002024" + (i == 0 ? "c" : "4") + "0100"));
        }
        gif.write(0x3b);
        return gif.toByteArray();
    }

    /** Writes a PNG that has no pixels, whatever its header says. */
    private static byte[] png(int width, int height) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(png);
        out.writeLong(0x89504E470D0A1A0AL);
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(header);
        fields.writeInt(width);
        fields.writeInt(height);
        fields.write(new byte[] {8, 0, 0, 0, 0});
        chunk(out, "IHDR", header.toByteArray());
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        new DeflaterOutputStream(data).close();
        chunk(out, "IDAT", data.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return png.toByteArray();
    }

    private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(data);
        out.writeInt(data.length);
        out.write(name);
        out.write(data);
        out.writeInt((int) sum.getValue());
    }
}
