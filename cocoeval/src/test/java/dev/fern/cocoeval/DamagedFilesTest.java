package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a file holds, its reader gives a result or says in one line what is wrong. */
@Timeout(600)
class DamagedFilesTest {
    private static final int FILES = 10_000;

    private static final String[] SPLICES = {
        "NaN",
        "-Infinity",
        "1e999",
        "-1e-999",
        "null",
        "true",
        "\"\"",
        "{}",
        "[]",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "-",
        "0",
        "00",
        "1.",
        "9223372036854775808",
        "-9223372036854775809",
        "1".repeat(5000),
        "0." + "3".repeat(5000),
        "[".repeat(2000),
        "{\"a\":".repeat(2000),
        "\"id\":",
        "\"bbox\":",
        "\"images\":",
        "\"categories\":",
        "\"annotations\":",
        "\"image_id\":",
        "\"score\":",
        "\"iscrowd\":",
        "\"area\":",
        "\ufeff",
        "\u0000",
        " ".repeat(500),
        "é",
        "😀",
        "\n",
        "/**/",
        "2.0",
        "1e3",
        "[1,2,3,4]",
        "\"" + "x".repeat(5000) + "\"",
        "\"maxDets\":",
        "\"areaRng\":",
        "\"recThrs\":"
    };

    @TempDir Path folder;

    @Test
    void tenThousandDamagedFilesAreReadOrRefused() throws IOException {
        RandomCoco coco = new RandomCoco(1, 4, 3);
        byte[] truth = written(out -> coco.dataset().write(out));
        byte[] detections = written(out -> coco.results().write(out));
        byte[] parameters =
                """
                {"imgIds": [5, 16], "catIds": [1], "iouThrs": [0.5, 0.75], "recThrs": [0, 0.5, 1],
                 "maxDets": [1, 10, 100], "areaRng": [[0, 1e10], [0, 1024]],
                 "areaRngLbl": ["all", "small"], "useCats": 1}
                """
                        .getBytes(StandardCharsets.UTF_8);
        CocoDataset soundTruth = coco.dataset();
        CocoResults soundDetections = coco.results();
        Path file = folder.resolve("damaged.json");
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(i);
            byte[] sound = i % 3 == 0 ? truth : i % 3 == 1 ? detections : parameters;
            Files.write(file, damaged(sound, random));
            try {
                long before = allocatedBytes();
                Evaluating evaluating =
                        switch (i % 3) {
                            case 0 -> {
                                CocoValidator.check(file);
                                CocoDataset dataset = CocoDataset.readForEvaluation(file);
                                yield () -> {
                                    CocoEvaluator.evaluate(dataset, soundDetections);
                                    CocoDataset.read(file);
                                };
                            }
                            case 1 -> {
                                CocoResults results = CocoResults.read(file);
                                yield () -> CocoEvaluator.evaluate(soundTruth, results);
                            }
                            default -> {
                                var parametersRead = EvaluationParameters.read(file);
                                yield () ->
                                        CocoEvaluator.evaluate(
                                                soundTruth, soundDetections, parametersRead);
                            }
                        };
                // all that was allocated on the way, kept or not
                assertThat(allocatedBytes() - before)
                        .isLessThan((4L << 20) + 2000 * Files.size(file));
                evaluating.run();
            } catch (CocoFormatException e) {
                refused++;
                assertThat(e.getMessage()).contains("damaged.json").hasSizeLessThan(600);
                assertThat(e.getMessage().lines()).hasSize(1);
                assertThat(e.offset() >= 0 || !e.path().isEmpty() || isOfTheWholeDocument(e))
                        .as(e.getMessage())
                        .isTrue();
            } catch (Throwable e) {
                fail("file " + i + " brought about " + e, e);
            }
        }
        // some damage does no harm, but if hardly any file was refused, nothing was tested
        assertThat(refused).isBetween(FILES / 4, FILES - FILES / 20);
    }

    private static boolean isOfTheWholeDocument(CocoFormatException e) {
        return Stream.of(
                        "has no \"",
                        "holds no detection",
                        "\" is empty",
                        "maxDets is empty",
                        "of several kinds",
                        "can't be read")
                .anyMatch(e.getMessage()::contains);
    }

    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    private interface Evaluating {
        void run() throws CocoFormatException;
    }

    private interface Writing {
        void to(Path file) throws IOException;
    }

    private byte[] written(Writing writing) throws IOException {
        Path file = folder.resolve("sound.json");
        writing.to(file);
        return Files.readAllBytes(file);
    }

    private static byte[] damaged(byte[] sound, Random random) throws IOException {
        boolean packed = random.nextInt(8) == 0;
        byte[] bytes = sound;
        if (packed && random.nextBoolean()) {
            return damage(gzip(bytes), random);
        }
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            bytes = damage(bytes, random);
        }
        return packed ? gzip(bytes) : bytes;
    }

    private static byte[] damage(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, at + random.nextInt(30));
        byte[] insert =
                switch (random.nextInt(6)) {
                    case 0 -> new byte[] {(byte) random.nextInt(256)};
                    case 1 -> new byte[0];
                    case 2 -> Arrays.copyOfRange(bytes, random.nextInt(at + 1), at);
                    case 3 -> {
                        to = bytes.length;
                        yield new byte[0];
                    }
                    default ->
                            SPLICES[random.nextInt(SPLICES.length)].getBytes(
                                    StandardCharsets.UTF_8);
                };
        if (random.nextBoolean() && to < bytes.length) {
            to = at;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        out.writeBytes(insert);
        out.write(bytes, to, bytes.length - to);
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void aBombIsRefusedBeforeItUnpacks() throws IOException {
        Path bomb = folder.resolve("bomb.json.gz");
        byte[] record =
                "{\"image_id\":1,\"category_id\":1,\"bbox\":[1,2,3,4],\"score\":1},"
                        .getBytes(StandardCharsets.US_ASCII);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
            out.write('[');
            for (int i = 0; i < 2_000_000; i++) {
                out.write(record);
            }
        }
        assertThat(Files.size(bomb)).isLessThan(1 << 20);
        assertThatThrownBy(() -> CocoResults.read(bomb))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("unpacks to more than 200 times its size");
    }

    @Test
    void endlessNestingNumbersAndTextsAreReadInPassing() throws IOException {
        String deep = "[".repeat(5_000_000);
        String digits = "7".repeat(5_000_000);
        String text = "\"" + "x".repeat(5_000_000) + "\"";
        assertRefused("{\"images\": " + deep, "nested deeper");
        assertRefused("{\"a\": " + digits + "}", "number of more than");
        assertRefused("{\"images\": [{\"id\": " + digits + "}]}", "number of more than");
        assertRefused("{" + text + ": " + text + "}", "has no \"images\"");
        assertRefused("{\"a\": 0." + digits + "}", "number of more than");
    }

    private void assertRefused(String content, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("endless.json"), content);
        assertThatThrownBy(() -> CocoDataset.read(file))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message);
    }
}
