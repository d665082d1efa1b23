package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * {@code fern serve} as a process under the load of many clients. {@code
 * -Dfern.serve.requests=2000} sends more, {@code -Dfern.serve.model=DIR} asks another model, and
 * {@code -Dfern.serve.soak.minutes=20} watches the memory.
 */
class ServeLoadTest extends LoadFixture {

    private static final int SOAK_MINUTES = Integer.getInteger("fern.serve.soak.minutes", 0);
    private static final int OVERLOAD = 10;

    /** So that native memory alone can make the process grow. */
    private static final String FIXED_HEAP = "-Xms256m -Xmx256m -XX:+AlwaysPreTouch";

    private static final int LOOKS_PER_MINUTE = 2;
    private static final int REST_MILLIS = 500;

    /** In MiB per minute. */
    private static final double MOST_GROWTH = 1;

    /**
     * What a server may take on top, in MiB: eight bodies of 4 MiB, and the room that Java's heap
     * takes before it is collected. The clients send 16 GiB.
     */
    private static final double MOST_FOR_REFUSALS = 256;

    private static final List<String> SMALL_HEAP = List.of("-Xmx128m");

    /** In bytes, what drawings may take of the small heap: an eighth. */
    private static final long MOST_OF_SMALL_HEAP = 16 << 20;

    /** More of this size than fit into the small heap. */
    private static final int DRAWINGS = 16;

    private static final int SIDE = 2000;

    @Test
    void everyAnswerIsThatOfDetectAndAnOverloadedServerRecoversAtOnce() throws Exception {
        List<List<String>> expected = new ArrayList<>();
        detect(expected);
        assertThat(expected.stream().mapToInt(List::size).sum()).isPositive();
        double detectSeconds = detect(expected); // by classes that are compiled
        try (ServeProcess server = new ServeProcess(folder, model)) {
            load(server, expected); // warms it up
            long start = System.nanoTime();
            double[] seconds = load(server, expected);
            double serveSeconds = (System.nanoTime() - start) / 1e9;
            Arrays.sort(seconds);
            System.out.printf(
                    "serve: %d requests of %d clients: %.1f images/s, fern detect %.1f (%.2f times);"
                            + " p50 %.1f ms, p99 %.1f ms; %.0f MiB%n",
                    REQUESTS,
                    CLIENTS,
                    REQUESTS / serveSeconds,
                    REQUESTS / detectSeconds,
                    detectSeconds / serveSeconds,
                    1e3 * seconds[REQUESTS / 2],
                    1e3 * seconds[REQUESTS * 99 / 100],
                    server.residentMib());
            overload(server, REQUESTS / serveSeconds);
            requireFound(server.predict(IMAGES.get(0)), expected.get(0));
        }
    }

    /** Asks for two seconds ten times as often as the server can answer. */
    private static void overload(ServeProcess server, double perSecond)
            throws IOException, InterruptedException {
        int requests = (int) (2 * OVERLOAD * perSecond);
        long pause = (long) (1e9 / (OVERLOAD * perSecond));
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < requests; i++) {
            answers.add(
                    server.client()
                            .sendAsync(
                                    server.prediction(
                                            BodyPublishers.ofByteArray(
                                                    IMAGES.get(i % IMAGES.size()))),
                                    BodyHandlers.ofString()));
            long wait = start + (i + 1) * pause - System.nanoTime();
            TimeUnit.NANOSECONDS.sleep(Math.max(0, wait));
        }
        TreeMap<Integer, Integer> statuses = new TreeMap<>();
        answers.forEach(answer -> statuses.merge(answer.join().statusCode(), 1, Integer::sum));
        System.out.printf("serve: overloaded %d times: %s%n", OVERLOAD, statuses);
        assertThat(statuses).containsOnlyKeys(200, 503);
        long asked = System.nanoTime();
        assertThat(server.predict(IMAGES.get(0)).statusCode()).isEqualTo(200);
        System.out.printf("serve: then answers in %.3f s%n", (System.nanoTime() - asked) / 1e9);
    }

    @Test
    void whatIsTooLargeIsRefusedInBoundedMemory() throws Exception {
        try (ServeProcess server =
                new ServeProcess(
                        folder,
                        List.of("-Xms256m", "-Xmx256m"),
                        model,
                        "--timeout=5",
                        "--max-body-mib=4")) {
            assertThat(server.predict(IMAGES.get(0)).statusCode()).isEqualTo(200);
            double before = server.residentMib();
            HttpResponse<String> bomb = server.predict(PngBomb.of(60_000));
            assertThat(bomb.statusCode()).as(bomb.body()).isEqualTo(400);
            assertThat(bomb.body()).contains("60000");
            inParallel(
                    8,
                    () -> {
                        sendGibibyte(server, "Content-Length: " + (1 << 30));
                        sendGibibyte(server, "Transfer-Encoding: chunked");
                        return null;
                    });
            assertThat(server.predict(IMAGES.get(0)).statusCode()).isEqualTo(200);
            double after = server.residentMib();
            System.out.printf("serve: %.0f MiB before large bodies, %.0f after%n", before, after);
            assertThat(after - before).isLessThan(MOST_FOR_REFUSALS);
        }
    }

    /** Sends a body of 1 GiB for as long as the server lets it, which must be short. */
    private static void sendGibibyte(ServeProcess server, String length) throws IOException {
        byte[] chunk = new byte[1 << 16];
        byte[] size = "10000\r\n".getBytes(StandardCharsets.US_ASCII);
        boolean isChunked = length.contains("chunked");
        long start = System.nanoTime();
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(
                            ("POST /predictions/cells HTTP/1.1\r\nHost: x\r\n"
                                            + length
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < (1 << 30) / chunk.length; i++) {
                if (isChunked) {
                    socket.getOutputStream().write(size);
                }
                socket.getOutputStream().write(chunk);
                if (isChunked) {
                    socket.getOutputStream().write(size, 5, 2);
                }
            }
            InputStream in = socket.getInputStream();
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        } catch (SocketException e) {
            // The server has closed the connection, as it may.
        }
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(60);
    }

    @Test
    void drawingsThatNobodyReadsTakeNoMemoryFromOthers() throws Exception {
        BufferedImage noise = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_3BYTE_BGR);
        new Random(1).nextBytes(((DataBufferByte) noise.getRaster().getDataBuffer()).getData());
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(noise, "jpg", jpeg);
        byte[] head =
                ("POST /predictions/cells HTTP/1.1\r\nHost: x\r\nAccept: image/png\r\nContent-Length: "
                                + jpeg.size()
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        List<Socket> readers = new ArrayList<>();
        TreeMap<String, Integer> answers = new TreeMap<>();
        long held = 0;
        try (ServeProcess server = new ServeProcess(folder, SMALL_HEAP, model, "--timeout=300")) {
            for (int i = 0; i < DRAWINGS; i++) {
                Socket reader = new Socket("127.0.0.1", server.port());
                readers.add(reader);
                reader.getOutputStream().write(head);
                reader.getOutputStream().write(jpeg.toByteArray());
                String answer = head(reader.getInputStream());
                answers.merge(answer.substring(0, 12), 1, Integer::sum);
                if (answer.startsWith("HTTP/1.1 200")) {
                    held +=
                            Long.parseLong(
                                    answer.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
                }
                assertThat(server.predict(IMAGES.get(0)).statusCode()).isEqualTo(200);
            }
        } finally {
            for (Socket reader : readers) {
                reader.close();
            }
        }
        System.out.printf("serve: drawings that are not read: %s, %d bytes%n", answers, held);
        assertThat(answers).containsOnlyKeys("HTTP/1.1 200", "HTTP/1.1 503");
        assertThat(held).isLessThanOrEqualTo(MOST_OF_SMALL_HEAP);
    }

    /** Reads an answer's head and no more. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        return head.toString();
    }

    @Test
    void noAcceptedRequestIsLostWhenTheServerIsTerminated() throws Exception {
        try (ServeProcess server = new ServeProcess(folder, model)) {
            assertThat(server.predict(IMAGES.get(0)).statusCode()).isEqualTo(200);
            ExecutorService terminating = Executors.newSingleThreadExecutor();
            Future<Void> end =
                    terminating.submit(
                            () -> {
                                Thread.sleep(500);
                                server.terminate();
                                return null;
                            });
            List<Integer> answered =
                    inParallel(
                            CLIENTS,
                            () -> {
                                int count = 0;
                                try {
                                    while (true) {
                                        HttpResponse<String> answer =
                                                server.predict(IMAGES.get(count % IMAGES.size()));
                                        assertThat(answer.statusCode()).isEqualTo(200);
                                        count++;
                                    }
                                } catch (IOException e) {
                                    return count; // the server listens no more
                                }
                            });
            end.get();
            terminating.shutdown();
            long logged =
                    server.log().stream()
                            .map(line -> JsonParser.parseString(line).getAsJsonObject())
                            .filter(line -> line.get("path").getAsString().startsWith("/pred"))
                            .count();
            assertThat(1 + answered.stream().mapToInt(Integer::intValue).sum()).isEqualTo(logged);
        }
    }

    @Test
    void memoryStaysFlat() throws Exception {
        assumeTrue(SOAK_MINUTES > 0, "-Dfern.serve.soak.minutes=20 watches the memory");
        List<List<String>> expected = new ArrayList<>();
        detect(expected);
        Path changing = folder.resolve("changing");
        writeVersion(changing, 0);
        try (ServeProcess server = ServeProcess.launched(folder, FIXED_HEAP, changing)) {
            String served = server.get("/models");
            Trend resident = new Trend();
            Trend heap = new Trend();
            long start = System.nanoTime();
            for (int look = 1; look <= LOOKS_PER_MINUTE * SOAK_MINUTES; look++) {
                writeVersion(changing, look);
                int requests = 0;
                while (minutesSince(start) < (double) look / LOOKS_PER_MINUTE) {
                    load(server, expected);
                    requests += REQUESTS;
                    draw(server, IMAGES.get(requests / REQUESTS % IMAGES.size()));
                    Thread.sleep(REST_MILLIS);
                }
                assertThat(server.get("/models"))
                        .as("the model is loaded anew")
                        .isNotEqualTo(served);
                served = server.get("/models");
                double minute = minutesSince(start);
                double residentMib = server.residentMib();
                double heapMib = server.liveHeapMib();
                System.out.printf(
                        "serve: minute %.1f: %d requests, %.1f MiB, %.2f MiB of objects%n",
                        minute, requests, residentMib, heapMib);
                if (look > LOOKS_PER_MINUTE * SOAK_MINUTES / 4) {
                    resident.add(minute, residentMib);
                    heap.add(minute, heapMib);
                }
            }
            requireFlat("resident memory", resident);
            requireFlat("live objects", heap);
        }
    }

    private static double minutesSince(long nanos) {
        return (System.nanoTime() - nanos) / 60e9;
    }

    /** Writes the model with another least score, below all that clients ask for. */
    private static void writeVersion(Path directory, int version) throws IOException {
        try (Detector detector = Detector.load(model)) {
            DetectorConfiguration configuration = detector.configuration();
            PostProcessing processing = configuration.postProcessing();
            double least = processing.scoreThreshold() * (1 + 1e-6 * version);
            ModelDirectory.write(
                    directory,
                    configuration.withPostProcessing(processing.withScoreThreshold(least)),
                    detector.copyParameters());
        }
    }

    private static void draw(ServeProcess server, byte[] image) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(server.prediction(BodyPublishers.noBody()), (a, b) -> true)
                        .header("Accept", "image/png")
                        .POST(BodyPublishers.ofByteArray(image))
                        .build();
        assertThat(server.client().send(request, BodyHandlers.discarding()).statusCode())
                .isEqualTo(200);
    }

    /** Two standard errors on either side are nineteen of twenty lines through such points. */
    private static void requireFlat(String what, Trend trend) {
        String line =
                String.format(
                        "%s grows by %.3f MiB per minute, standard error %.3f",
                        what, trend.slope(), trend.standardError());
        System.out.println("serve: " + line);
        assertThat(trend.slope() - 2 * trend.standardError()).as(line).isLessThan(MOST_GROWTH);
        assertThat(trend.standardError()).as(line + ": too uneven to tell").isLessThan(MOST_GROWTH);
    }
}
