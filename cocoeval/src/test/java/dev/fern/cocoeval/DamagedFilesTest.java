package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a file holds, its reader gives a result or says in one line what is wrong. */
@Timeout(600)
class DamagedFilesTest {
    private static final int FILES = 10_000;

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
            Files.write(file, FileDamage.damaged(sound, random));
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
                FileDamage.assertOneLine(e, "damaged.json");
            } catch (Throwable e) {
                fail("file " + i + " brought about " + e, e);
            }
        }
        // some damage does no harm, but if hardly any file was refused, nothing was tested
        assertThat(refused).isBetween(FILES / 4, FILES - FILES / 20);
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
