package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.CommandRun;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fern serve} as a process under the load of many clients. {@code
 * -Dfern.serve.requests=2000} sends more, {@code -Dfern.serve.model=DIR} asks another model, and
 * {@code -Dfern.serve.soak.minutes=20} watches the memory.
 */
class ServeLoadTest {

    private static final int REQUESTS = Integer.getInteger("fern.serve.requests", 160);
    private static final int SOAK_MINUTES = Integer.getInteger("fern.serve.soak.minutes", 0);
    private static final int CLIENTS = 32;
    private static final int PHOTOGRAPHS = 40;
    private static final int OVERLOAD = 10;
    private static final double MOST_GROWTH = 1.05;

    /**
     * What a server may take on top, in MiB: eight bodies of 4 MiB, and the room that Java's heap
     * takes before it is collected. The clients send 16 GiB.
     */
    private static final double MOST_FOR_REFUSALS = 256;

    @TempDir static Path folder;

    private static Path model;
    private static final List<byte[]> IMAGES = new ArrayList<>();

    @BeforeAll
    static void makeModelAndImages() throws IOException {
        String named = System.getProperty("fern.serve.model");
        model = named == null ? folder.resolve("model") : Path.of(named);
        if (named == null) {
            SmallModel.write(model);
        }
        Path images = Files.createDirectory(folder.resolve("images"));
        List<byte[]> different = images();
        for (int i = 0; i < REQUESTS; i++) {
            IMAGES.add(different.get(i % different.size()));
            Files.write(images.resolve(name(i)), IMAGES.get(i));
        }
    }

    private static String name(int image) {
        return String.format("%05d.png", image);
    }

    /** Returns photographs in many sizes, or noise where there are none. */
    private static List<byte[]> images() throws IOException {
        Random random = new Random(5);
        List<byte[]> images = new ArrayList<>();
        Path photographs = Path.of(System.getProperty("fern.shared"), "data/bccd/val");
        if (Files.isDirectory(photographs)) {
            List<Path> files;
            try (Stream<Path> all = Files.list(photographs)) {
                files = all.sorted().limit(PHOTOGRAPHS).toList();
            }
            for (Path file : files) {
                BufferedImage image = ImageIO.read(file.toFile());
                int width = 60 + random.nextInt(image.getWidth() - 60);
                int height = 60 + random.nextInt(image.getHeight() - 60);
                BufferedImage resized =
                        new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
                Graphics2D graphics = resized.createGraphics();
                graphics.drawImage(image, 0, 0, width, height, null);
                graphics.dispose();
                ByteArrayOutputStream png = new ByteArrayOutputStream();
                ImageIO.write(resized, "png", png);
                images.add(png.toByteArray());
            }
        } else {
            for (int i = 0; i < PHOTOGRAPHS; i++) {
                int width = 30 + random.nextInt(200);
                int height = 30 + random.nextInt(200);
                byte[] pixels = new byte[3 * width * height];
                random.nextBytes(pixels);
                try (BgrImage image = BgrImage.of(width, height, pixels)) {
                    images.add(image.encoded(".png"));
                }
            }
        }
        return images;
    }

    /** Returns what {@code fern detect} finds in each image, and how long that takes. */
    private static double detect(List<List<String>> found) throws IOException {
        Path json = folder.resolve("found.json");
        long start = System.nanoTime();
        CommandRun run =
                CommandRun.of(
                        "detect",
                        "--model=" + model,
                        "--batch-size=8",
                        "--json=" + json,
                        folder.resolve("images").toString());
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(run.status()).as(run.errors().toString()).isZero();
        TreeMap<String, List<String>> byName = new TreeMap<>();
        for (JsonElement result : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            byName.computeIfAbsent(
                            result.getAsJsonObject().get("file_name").getAsString(),
                            name -> new ArrayList<>())
                    .add(numbers(result));
        }
        found.clear();
        for (int i = 0; i < REQUESTS; i++) {
            found.add(byName.getOrDefault(name(i), List.of()));
        }
        return seconds;
    }

    private static String numbers(JsonElement detection) {
        JsonObject fields = detection.getAsJsonObject();
        return fields.get("category_id") + " " + fields.get("bbox") + " " + fields.get("score");
    }

    private static void requireFound(HttpResponse<String> answer, List<String> expected) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonArray found =
                JsonParser.parseString(answer.body())
                        .getAsJsonObject()
                        .getAsJsonArray("detections");
        assertThat(found.asList().stream().map(ServeLoadTest::numbers)).isEqualTo(expected);
    }

    /** Lets the clients ask for all images; returns the seconds that each answer took. */
    private static double[] load(ServeProcess server, List<List<String>> expected)
            throws Exception {
        AtomicInteger next = new AtomicInteger();
        double[] seconds = new double[REQUESTS];
        inParallel(
                CLIENTS,
                () -> {
                    for (int i = next.getAndIncrement(); i < REQUESTS; i = next.getAndIncrement()) {
                        long start = System.nanoTime();
                        HttpResponse<String> answer = server.predict(IMAGES.get(i));
                        seconds[i] = (System.nanoTime() - start) / 1e9;
                        requireFound(answer, expected.get(i));
                    }
                    return null;
                });
        return seconds;
    }

    private static <T> List<T> inParallel(int clients, Callable<T> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                futures.add(threads.submit(work));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

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
                new ServeProcess(folder, model, "--timeout=5", "--max-body-mib=4")) {
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
        try (ServeProcess server = new ServeProcess(folder, model)) {
            List<Double> memory = new ArrayList<>();
            long start = System.nanoTime();
            for (int minute = 1; minute <= SOAK_MINUTES; minute++) {
                int rounds = 0;
                while (System.nanoTime() - start < TimeUnit.MINUTES.toNanos(minute)) {
                    load(server, expected);
                    rounds++;
                }
                memory.add(server.residentMib());
                System.out.printf(
                        "serve: minute %d: %d requests, %.0f MiB%n",
                        minute, rounds * REQUESTS, memory.get(minute - 1));
            }
            double settled = memory.get(SOAK_MINUTES / 4);
            assertThat(memory.get(SOAK_MINUTES - 1)).isLessThan(MOST_GROWTH * settled);
        }
    }
}
