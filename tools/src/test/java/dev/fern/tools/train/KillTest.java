package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training that is killed (SIGKILL) at random moments and resumed each time ends with the bits of
 * an undisturbed one. {@code -Dfern.kills=50} sets how often, {@code -Dfern.kills.seed=2} when. A
 * checkpoint is written after every step, so that many kills hit one that is being written.
 */
@Tag("engine")
class KillTest {

    private static final int KILLS = Integer.getInteger("fern.kills", 3);
    private static final long SEED = Long.getLong("fern.kills.seed", 1);

    /** Most steps that a process may take before it is killed. */
    private static final int MOST_STEPS = 4;

    /** About the time of a step with its checkpoint. */
    private static final int MOST_NANOS = 60_000_000;

    @TempDir Path folder;

    @Test
    void aTrainingThatIsKilledAgainAndAgainEndsAsAnUndisturbedOne() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 7);
        // Twice as many steps as the killed processes should take, with what is still under way.
        String[] settings = {
            "--steps=" + (10 + 2 * MOST_STEPS * KILLS),
            "--accumulate=2",
            "--ema-decay=0.9",
            "--set=checkpointSteps=1",
            "--set=brightness=0.2",
            "--set=multiScale=[48,64]",
            "--set=evaluateEvery=" + (3 + KILLS)
        };
        Path undisturbed = folder.resolve("undisturbed");
        try (TrainingProcess training = new TrainingProcess(folder, undisturbed, settings)) {
            assertThat(training.await()).as(training.lines().toString()).isZero();
        }

        Path killed = folder.resolve("killed");
        RunDirectory run = RunDirectory.open(killed);
        SplittableRandom random = new SplittableRandom(SEED);
        int duringWrite = 0;
        int withoutCheckpoint = 0;
        int finished = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            try (TrainingProcess training =
                    new TrainingProcess(folder, killed, resuming(run, settings))) {
                if (!training.awaitSteps(1 + random.nextInt(MOST_STEPS))) {
                    assertThat(training.await()).as(training.lines().toString()).isZero();
                    finished++;
                }
                sleep(random.nextInt(MOST_NANOS));
                training.kill();
            }
            duringWrite += isBeingWritten(killed) ? 1 : 0;
            withoutCheckpoint += run.hasCheckpoint() ? 0 : 1;
        }
        try (TrainingProcess training =
                new TrainingProcess(folder, killed, resuming(run, settings))) {
            assertThat(training.await()).as(training.lines().toString()).isZero();
        }
        System.out.printf(
                "%d kills, %d while a checkpoint was being written, %d before the first one;"
                        + " %d processes had ended before%n",
                KILLS - finished, duringWrite, withoutCheckpoint, finished);

        for (String file :
                List.of(
                        "last/parameters.safetensors",
                        "last/trained.safetensors",
                        "last/optimizer.safetensors",
                        "last/progress.json",
                        "best/parameters.safetensors")) {
            assertThat(killed.resolve(file))
                    .as(file)
                    .hasSameBinaryContentAs(undisturbed.resolve(file));
        }
        assertThat(metrics(killed)).isEqualTo(metrics(undisturbed));
        assertThat(names(killed)).isEqualTo(names(undisturbed));
    }

    private static String[] resuming(RunDirectory run, String[] settings) throws IOException {
        if (!run.hasCheckpoint()) {
            return settings;
        }
        String[] resuming = Arrays.copyOf(settings, settings.length + 1);
        resuming[settings.length] = "--resume";
        return resuming;
    }

    private static void sleep(int nanos) throws InterruptedException {
        Thread.sleep(nanos / 1_000_000, nanos % 1_000_000);
    }

    private static boolean isBeingWritten(Path run) {
        return Files.exists(run.resolve(".last.new")) || Files.exists(run.resolve(".best.new"));
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

    /** All files but TensorBoard's, of which every process writes its own. */
    private static List<String> names(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            return files.map(file -> run.relativize(file).toString())
                    .filter(name -> !name.startsWith("events.out.tfevents."))
                    .sorted()
                    .toList();
        }
    }
}
