package dev.fern.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.data.LabelledRows;
import dev.fern.detection.data.LoaderOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings whose images are rows of a database. */
class DatabaseTrainingTest {

    private static final int KILLS = Integer.getInteger("fern.kills", 3);
    private static final long SEED = Long.getLong("fern.kills.seed", 1);

    /** Most steps that a process takes before it is killed. */
    private static final int MOST_STEPS = 5;

    private static final List<String> BITS =
            List.of(
                    "last/parameters.safetensors",
                    "last/optimizer.safetensors",
                    "last/progress.json",
                    "best/parameters.safetensors");

    @TempDir Path folder;

    private PhotoDatabase photos;

    @BeforeEach
    void makePhotos() throws Exception {
        photos = PhotoDatabase.create(folder, 6);
    }

    @Tag("engine")
    @Test
    void rowsAndFilesGiveTheSameBits() throws Exception {
        Path rows = folder.resolve("rows");
        Path files = folder.resolve("files");
        DatabaseTraining.builder(photos, rows).build().run();
        DatabaseTraining.builder(photos, files)
                .data(photos.files())
                .validation(photos.files())
                .build()
                .run();
        assertSameBits(rows, files);
        assertThat(rows.resolve("detections.json"))
                .hasSameBinaryContentAs(files.resolve("detections.json"));
    }

    /** {@code -Dfern.kills=50} sets how often, {@code -Dfern.kills.seed=2} when. */
    @Test
    void aTrainingThatIsKilledAndStartedAgainEndsWithTheBitsOfAnUndisturbedOne() throws Exception {
        Path undisturbed = folder.resolve("undisturbed");
        DatabaseTraining.builder(photos, undisturbed).build().run();

        Path killed = folder.resolve("killed");
        SplittableRandom random = new SplittableRandom(SEED);
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = start(killed);
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                awaitSteps(lines, 1 + random.nextInt(MOST_STEPS));
                Thread.sleep(random.nextInt(40));
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
        Process last = start(killed);
        try (BufferedReader lines = last.inputReader(StandardCharsets.UTF_8)) {
            List<String> all = lines.lines().toList();
            assertThat(all).last().isEqualTo("finished");
            assertThat(last.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            last.destroyForcibly();
        }
        assertSameBits(killed, undisturbed);
        assertThat(killed.resolve("last/trained.safetensors"))
                .hasSameBinaryContentAs(undisturbed.resolve("last/trained.safetensors"));
    }

    private Process start(Path run) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dai.djl.offline=true",
                        "-Dai.djl.default_engine="
                                + System.getProperty("ai.djl.default_engine", "MXNet"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DatabaseTraining.class.getName(),
                        folder.toString(),
                        run.toString())
                .redirectErrorStream(true)
                .start();
    }

    private static void awaitSteps(BufferedReader output, int steps) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int seen = 0; seen < steps; ) {
            String line = output.readLine();
            assertThat(line).as(lines.toString()).isNotNull().isNotEqualTo("finished");
            lines.add(line);
            seen += line.startsWith("step ") ? 1 : 0;
        }
    }

    private static void assertSameBits(Path run, Path other) throws IOException {
        for (String file : BITS) {
            assertThat(run.resolve(file)).as(file).hasSameBinaryContentAs(other.resolve(file));
        }
        assertThat(metrics(run)).isNotEmpty().isEqualTo(metrics(other));
    }

    private static List<JsonObject> metrics(Path run) throws IOException {
        List<JsonObject> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            object.remove("seconds");
            lines.add(object);
        }
        return lines;
    }

    @Test
    void imagesThatAreMissingOrDamagedAreNamedOrLeftOut() throws Exception {
        LabelledRows.Builder rows = LabelledRows.builder("table photo").category(1, "red");
        byte[] good = Files.readAllBytes(photos.images().resolve("1.png"));
        rows.image(1, () -> good).image(2, () -> null).image(3, () -> new byte[] {1, 2, 3});
        rows.box(1, 1, 5, 5, 20, 20).box(2, 1, 5, 5, 20, 20);
        LabelledRows built = rows.build();
        Path run = folder.resolve("run");

        assertThatThrownBy(() -> Training.builder(run).data(built).build())
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "table photo, row 2: no such image (image id 2) (and 1 more images"
                                + " can't be read)");
        assertThat(run).doesNotExist();

        TrainingResult result =
                Training.builder(run)
                        .data(built)
                        .settings(photos.settings(1))
                        .loading(new LoaderOptions(2, 5, true))
                        .build()
                        .run();
        assertThat(result.finished()).isTrue();
    }
}
