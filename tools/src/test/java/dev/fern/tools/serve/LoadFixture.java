package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A model, images, and many clients who ask a server for what it finds in them. */
abstract class LoadFixture {

    static final int REQUESTS = Integer.getInteger("fern.serve.requests", 160);
    static final int CLIENTS = 32;
    private static final int PHOTOGRAPHS = 40;

    @TempDir static Path folder;

    static Path model;
    static final List<byte[]> IMAGES = new ArrayList<>();

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
    static double detect(List<List<String>> found) throws IOException {
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

    static void requireFound(HttpResponse<String> answer, List<String> expected) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonArray found =
                JsonParser.parseString(answer.body())
                        .getAsJsonObject()
                        .getAsJsonArray("detections");
        assertThat(found.asList().stream().map(LoadFixture::numbers)).isEqualTo(expected);
    }

    /** Lets the clients ask for all images; returns the seconds that each answer took. */
    static double[] load(ServeProcess server, List<List<String>> expected) throws Exception {
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

    static <T> List<T> inParallel(int clients, Callable<T> work) throws Exception {
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
}
