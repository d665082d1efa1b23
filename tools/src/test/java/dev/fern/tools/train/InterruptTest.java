package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.files.AtomicFolder;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C during a training: a checkpoint, then status 130; with --resume it goes on. */
@DisabledOnOs(OS.WINDOWS)
class InterruptTest {

    private static final String[] ENDLESS = {"--steps=100000", "--set=evaluateEvery=1000000"};
    private static final String[] RESUMED = {
        "--steps=100000", "--set=evaluateEvery=1000000", "--resume"
    };

    @TempDir Path folder;

    /**
     * Skips the tests where a shell without job control started them in the background: they and
     * their children ignore Ctrl-C.
     */
    @BeforeAll
    static void requireInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("SigIgn:")) {
                    boolean ignored =
                            (Long.parseUnsignedLong(line.substring(8).strip(), 16) & 2) != 0;
                    Assumptions.assumeFalse(ignored, "skipped: SIGINT is ignored here");
                }
            }
        }
    }

    @Test
    void anInterruptedTrainingLeavesACheckpointToGoOnFrom() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        Path run = folder.resolve("run");
        try (TrainingProcess training = new TrainingProcess(folder, run, ENDLESS)) {
            assertThat(training.awaitSteps(3)).as(training.lines().toString()).isTrue();
            assertThat(training.interrupt()).isEqualTo(130);
        }
        assertThat(run.resolve("last/parameters.safetensors")).exists();
        long steps = steps(run);
        assertThat(steps).isGreaterThanOrEqualTo(3);

        try (TrainingProcess resumed = new TrainingProcess(folder, run, RESUMED)) {
            assertThat(resumed.awaitSteps(3)).as(resumed.lines().toString()).isTrue();
            assertThat(resumed.interrupt()).isEqualTo(130);
        }
        assertThat(steps(run)).isGreaterThan(steps);
        List<String> rows = Files.readAllLines(run.resolve("metrics.csv"));
        assertThat(rows.subList(1, rows.size()))
                .extracting(row -> Long.parseLong(row.substring(0, row.indexOf(','))))
                .isEqualTo(LongStream.rangeClosed(1, steps(run)).boxed().toList());
        try (Stream<Path> files = Files.list(run)) {
            assertThat(files.filter(file -> file.toString().contains("tfevents"))).hasSize(2);
        }
        assertThat(Files.readAllLines(run.resolve("run.json")))
                .filteredOn(line -> line.contains("\"time\""))
                .hasSize(2);
        assertThat(Files.readAllLines(run.resolve("metrics.jsonl")))
                .filteredOn(line -> line.startsWith("{\"step\":" + steps + ","))
                .hasSize(1);
    }

    @Test
    void aTrainingWhoseFolderIsReplacedSavesItselfBesideAndLeavesTheOtherAlone() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        Path run = folder.resolve("run");
        Path saved = folder.resolve("run-saved");
        Map<String, String> others;
        try (TrainingProcess training = new TrainingProcess(folder, run, ENDLESS)) {
            assertThat(training.awaitSteps(2)).as(training.lines().toString()).isTrue();
            training.pause();
            AtomicFolder.delete(run);
            CommandRun other = TrainingProcess.inThisProcess(folder, run, "--steps=2");
            assertThat(other.status()).as(other.errors().toString()).isZero();
            others = checksums(run);
            training.goOn();
            assertThat(training.await()).isEqualTo(1);
            assertThat(training.lines())
                    .filteredOn(line -> line.startsWith("fern: "))
                    .singleElement()
                    .asString()
                    .contains(run + ": was deleted, moved or replaced", "--output " + saved);
        }
        assertThat(checksums(run)).isEqualTo(others);
        assertThat(saved.resolve("last/progress.json")).exists();
        String[] goOn = {"--resume", "--steps=100000"};
        try (TrainingProcess resumed = new TrainingProcess(folder, saved, goOn)) {
            assertThat(resumed.awaitSteps(1)).as(resumed.lines().toString()).isTrue();
        }
    }

    /** Returns the SHA-256 of all files by their paths. */
    private static Map<String, String> checksums(Path run) throws Exception {
        Map<String, String> sums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                sums.put(run.relativize(file).toString(), HexFormat.of().formatHex(sum));
            }
        }
        return sums;
    }

    @Test
    void anAnnotationFileThatIsReplacedDuringATrainingDoesNoHarm() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        Path annotations = folder.resolve("annotations/instances_train.json");
        String original = Files.readString(annotations);
        Path run = folder.resolve("run");
        try (TrainingProcess training = new TrainingProcess(folder, run, ENDLESS)) {
            assertThat(training.awaitSteps(2)).as(training.lines().toString()).isTrue();
            Files.writeString(
                    annotations, original.replaceFirst("\"bbox\":\\s*\\[", "\"bbox\": [1"));
            assertThat(training.awaitSteps(3)).as(training.lines().toString()).isTrue();
            assertThat(training.interrupt()).isEqualTo(130);
        }
        long steps = steps(run);
        CommandRun refused = TrainingProcess.inThisProcess(folder, run, RESUMED);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("data.json", "training annotations have 6 images", "--force");
        assertThat(steps(run)).isEqualTo(steps);

        Files.writeString(annotations, original);
        try (TrainingProcess resumed = new TrainingProcess(folder, run, RESUMED)) {
            assertThat(resumed.awaitSteps(1)).as(resumed.lines().toString()).isTrue();
            assertThat(resumed.interrupt()).isEqualTo(130);
        }
        assertThat(steps(run)).isGreaterThan(steps);
    }

    private static long steps(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .filter(line -> line.startsWith("{\"step\""))
                .count();
    }
}
