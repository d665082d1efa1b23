package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.files.Checksums;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.train.CheckpointStore.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {

    private static final DetectorConfiguration CONFIGURATION =
            TinyDetectors.smallest("frn", new CanvasRule(64, 64));

    private static final CheckpointStore.ModelWriter MODEL =
            (folder, parameters) -> ModelDirectory.writeInto(folder, CONFIGURATION, parameters);

    @TempDir Path folder;

    private RunDirectory run;
    private CheckpointStore store;
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void makeStore() throws IOException {
        run = RunDirectory.create(folder);
        store = new CheckpointStore(run, 3);
    }

    private static Checkpoint checkpoint(int step) {
        return new Checkpoint(
                new Progress(step / 3, step % 3, step, 0.125 * step, step % 2),
                Map.of("w", tensor(step)),
                Map.of("w", tensor(-step)),
                Map.of());
    }

    private static Tensor tensor(float... values) {
        return new Tensor(new long[] {values.length}, values);
    }

    private void save(int... steps) throws IOException {
        for (int step : steps) {
            store.save(MODEL, checkpoint(step));
        }
    }

    private Checkpoint restored() throws IOException {
        return new CheckpointStore(run, 3).restore(warnings::add);
    }

    private static List<String> names(Path path) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void checkpointThatIsReadBackIsTheSame() throws IOException {
        assertThat(run.hasCheckpoint()).isFalse();
        save(7);
        assertThat(run.hasCheckpoint()).isTrue();
        assertThat(restored()).isEqualTo(checkpoint(7));
        assertThat(ModelDirectory.readConfiguration(run.last())).isEqualTo(CONFIGURATION);
        assertThat(ModelDirectory.readParameters(run.last())).containsEntry("w", tensor(7));
        assertThat(names(folder)).containsExactly("last");
    }

    @Test
    void theModelOfACheckpointWithAnAverageIsTheAverage() throws IOException {
        Checkpoint averaged =
                new Checkpoint(
                        checkpoint(4).progress(),
                        Map.of("w", tensor(1)),
                        Map.of("w", tensor(2)),
                        Map.of("w", tensor(3)));
        store.save(MODEL, averaged);
        assertThat(restored()).isEqualTo(averaged);
        assertThat(ModelDirectory.readParameters(run.last())).containsEntry("w", tensor(3));
    }

    @Test
    void theNewestCheckpointsAreKept() throws IOException {
        save(1, 2, 3, 4, 5);
        assertThat(names(folder)).containsExactly("checkpoints", "last");
        assertThat(names(run.checkpoints())).containsExactly("step-00000003", "step-00000004");
        assertThat(restored()).isEqualTo(checkpoint(5));
        for (int step = 3; step <= 4; step++) {
            assertThat(CheckpointStore.read(run.checkpoint(step))).isEqualTo(checkpoint(step));
        }
        new CheckpointStore(run, 1).save(MODEL, checkpoint(6));
        assertThat(names(run.checkpoints())).isEmpty();
    }

    @Test
    void checkpointsOfStepsThatAreTakenAgainAreNotKept() throws IOException {
        save(10, 20, 30);
        save(15); // as a training that went back to step 10 does
        assertThat(names(run.checkpoints())).containsExactly("step-00000010");
        save(15);
        assertThat(names(run.checkpoints())).containsExactly("step-00000010");
        assertThat(restored()).isEqualTo(checkpoint(15));
    }

    @Test
    void bestModelIsAModelDirectory() throws IOException {
        store.saveBest(MODEL, Map.of("w", tensor(1)));
        store.saveBest(MODEL, Map.of("w", tensor(2)));
        assertThat(ModelDirectory.readParameters(run.best())).containsEntry("w", tensor(2));
        assertThat(names(run.best()))
                .containsExactly("model.json", "parameters.safetensors", "serving.properties");
        assertThat(run.hasCheckpoint()).isFalse();
    }

    /** Fails as a full disk would, after the model's own files are written. */
    @Test
    void failureWhileWritingLeavesTheOldModelAlone() throws IOException {
        save(1);
        Map<String, Tensor> failing =
                new LinkedHashMap<>() {
                    @Override
                    public Set<Map.Entry<String, Tensor>> entrySet() {
                        throw new UncheckedIOException(new IOException("no space left"));
                    }
                };
        Checkpoint bad =
                new Checkpoint(
                        checkpoint(2).progress(), checkpoint(2).parameters(), failing, Map.of());
        assertThatThrownBy(() -> store.save(MODEL, bad)).hasMessageContaining("no space");
        assertThat(restored()).isEqualTo(checkpoint(1));
        assertThat(names(folder)).containsExactly("last");
        save(3);
        assertThat(restored()).isEqualTo(checkpoint(3));
    }

    /** A process may be killed at each of several moments of a replacement. */
    @Test
    void processThatEndsAmidstAReplacementLeavesAWholeModel() throws IOException {
        save(1);
        store.saveBest(MODEL, Map.of("w", tensor(1)));

        // The process is killed while the new one is being written.
        Files.createDirectory(folder.resolve(".last.new"));
        Files.writeString(folder.resolve(".last.new/model.json"), "{");
        assertThat(restored()).isEqualTo(checkpoint(1));

        // It is killed between taking the old one away and putting the new one there.
        Files.createDirectory(run.checkpoints());
        Files.move(run.last(), run.checkpoint(1));
        Files.move(run.best(), folder.resolve(".best.old"));
        assertThat(run.hasCheckpoint()).isTrue();
        assertThat(restored()).isEqualTo(checkpoint(1));
        assertThat(run.last()).exists();
        assertThat(ModelDirectory.readParameters(run.best())).containsEntry("w", tensor(1));

        // It is killed when the new one is there, while an older one is being deleted.
        save(2, 3);
        Files.delete(run.checkpoint(1).resolve("model.json"));
        assertThat(restored()).isEqualTo(checkpoint(3));
        save(4);
        assertThat(names(run.checkpoints())).containsExactly("step-00000002", "step-00000003");
        assertThat(names(folder)).containsExactly("best", "checkpoints", "last");
        assertThat(warnings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.json",
                "serving.properties",
                "progress.json",
                "parameters.safetensors",
                "optimizer.safetensors",
                "SHA256SUMS"
            })
    void whereTheNewestIsDamagedTheOneBeforeIsUsedWithAWarning(String name) throws IOException {
        save(5, 6);
        Path file = run.last().resolve(name);
        // A damaged checksum does not tell whether it or its file is wrong.
        Path named = name.equals("SHA256SUMS") ? run.last() : file;
        byte[] whole = Files.readAllBytes(file);
        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 1;
        int step = 6;
        for (byte[] damage : Arrays.asList(flipped, Arrays.copyOf(whole, 3), new byte[0], null)) {
            if (damage == null) {
                Files.delete(file);
            } else {
                Files.write(file, damage);
            }
            warnings.clear();
            assertThat(restored()).isEqualTo(checkpoint(5));
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .contains(named.toString(), "going back to the checkpoint of step 5")
                    .doesNotContain("\n");
            assertThat(CheckpointStore.read(run.last())).isEqualTo(checkpoint(5));
            assertThat(names(run.checkpoints())).containsExactly("damaged");
            save(++step);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"progress.json", "parameters.safetensors", "optimizer.safetensors"})
    void whereNoneIsWholeTheFileOfTheNewestIsNamed(String name) throws IOException {
        save(5, 6);
        for (Path checkpoint : List.of(run.checkpoint(5), run.last())) {
            Path file = checkpoint.resolve(name);
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length - 3));
        }
        assertRefused(run.last().resolve(name));
        Files.delete(run.last().resolve(name));
        assertRefused(run.last().resolve(name));
        assertThat(warnings).isEmpty();
        assertThat(run.checkpoint(5)).exists();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}",
                "null",
                "7",
                "{\"epoch\": 1, \"batch\": 2, \"step\": 3, \"bestScore\": 0.5}",
                "{\"epoch\": \"x\", \"batch\": 2, \"step\": 3, \"bestScore\": 0.5,"
                        + " \"evaluationsSinceBest\": 0}",
                "{\"epoch\": -1, \"batch\": 2, \"step\": 3, \"bestScore\": 0.5,"
                        + " \"evaluationsSinceBest\": 0}",
                "{\"epoch\": 1, \"batch\": -2, \"step\": 3, \"bestScore\": 0.5,"
                        + " \"evaluationsSinceBest\": 0}",
            })
    void progressThatIsNoneIsRefusedEvenIfItsChecksumIsRight(String text) throws IOException {
        save(5);
        Files.writeString(run.last().resolve("progress.json"), text);
        Files.delete(run.last().resolve("SHA256SUMS"));
        Checksums.write(run.last());
        assertRefused(run.last().resolve("progress.json"));
    }

    private void assertRefused(Path file) {
        assertThatThrownBy(this::restored)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining("\n");
    }

    /** A name with a NUL byte is none that Java takes; a symbolic link may lead to a device. */
    @Test
    void checksumsThatAreNoneAreRefused() throws IOException {
        save(5, 6);
        Path sums = run.last().resolve("SHA256SUMS");
        Files.writeString(sums, Files.readString(sums).replace("model.json", "model\0json"));
        assertThat(restored()).isEqualTo(checkpoint(5));
        assertThat(warnings).singleElement().asString().contains(sums + ": damaged");

        warnings.clear();
        save(6);
        Files.delete(sums);
        Files.createSymbolicLink(sums, Path.of("/dev/zero"));
        assertThat(restored()).isEqualTo(checkpoint(5));
        assertThat(warnings).singleElement().asString().contains(sums + ": is not a regular file");
    }

    @Test
    void aCheckpointThatWasDamagedDuringTheTrainingIsPutAside() throws IOException {
        save(1, 2);
        Files.writeString(run.last().resolve("progress.json"), "?");
        save(3);
        assertThat(restored()).isEqualTo(checkpoint(3));
        assertThat(names(run.checkpoints())).containsExactly("damaged", "step-00000001");
    }

    /** The file of checksums has the form that {@code sha256sum --check} reads. */
    @Test
    void sha256sumAgreesWithTheChecksums() throws Exception {
        save(1);
        Process check;
        try {
            check =
                    new ProcessBuilder("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
                            .directory(run.last().toFile())
                            .inheritIO()
                            .start();
        } catch (IOException e) {
            Assumptions.abort("there is no sha256sum here");
            return;
        }
        assertThat(check.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(check.exitValue()).isZero();
        assertThat(Files.readAllLines(run.last().resolve("SHA256SUMS"))).hasSize(5);
    }
}
