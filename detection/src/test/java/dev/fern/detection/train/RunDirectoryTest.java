package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.train.RunDirectory.Checkpoint;
import dev.fern.detection.train.RunDirectory.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {

    private static final DetectorConfiguration CONFIGURATION =
            TinyDetectors.smallest("frn", new CanvasRule(64, 64));

    private static final RunDirectory.ModelWriter MODEL =
            (folder, parameters) -> ModelDirectory.writeInto(folder, CONFIGURATION, parameters);

    @TempDir Path folder;

    private static Checkpoint checkpoint(int step) {
        return new Checkpoint(
                new Progress(step / 3, step % 3, step, 0.125 * step),
                Map.of("w", tensor(step)),
                Map.of("w", tensor(-step)));
    }

    private static Tensor tensor(float... values) {
        return new Tensor(new long[] {values.length}, values);
    }

    @Test
    void checkpointThatIsReadBackIsTheSame() throws IOException {
        RunDirectory run = RunDirectory.create(folder.resolve("deep/run"));
        assertThat(run.hasCheckpoint()).isFalse();
        run.saveLast(MODEL, checkpoint(7));
        assertThat(run.hasCheckpoint()).isTrue();
        assertThat(run.readLast()).isEqualTo(checkpoint(7));
        run.saveLast(MODEL, checkpoint(8));
        assertThat(RunDirectory.create(folder.resolve("deep/run")).readLast())
                .isEqualTo(checkpoint(8));
        assertThat(ModelDirectory.readConfiguration(run.last())).isEqualTo(CONFIGURATION);
        assertThat(names(run.path())).containsExactly("last");
    }

    private static List<String> names(Path path) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void bestModelIsAModelDirectory() throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        run.saveBest(MODEL, Map.of("w", tensor(1)));
        run.saveBest(MODEL, Map.of("w", tensor(2)));
        assertThat(ModelDirectory.readParameters(run.best())).containsEntry("w", tensor(2));
        assertThat(names(run.best()))
                .containsExactly("model.json", "parameters.safetensors", "serving.properties");
        assertThat(run.hasCheckpoint()).isFalse();
    }

    /** As a full disk would, after the model's own files are written. */
    @Test
    void failureWhileWritingLeavesTheOldModelAlone() throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        run.saveLast(MODEL, checkpoint(1));
        Map<String, Tensor> failing =
                new LinkedHashMap<>() {
                    @Override
                    public Set<Map.Entry<String, Tensor>> entrySet() {
                        throw new UncheckedIOException(new IOException("no space left"));
                    }
                };
        Checkpoint bad =
                new Checkpoint(checkpoint(2).progress(), checkpoint(2).parameters(), failing);
        assertThatThrownBy(() -> run.saveLast(MODEL, bad)).hasMessageContaining("no space");
        assertThat(run.readLast()).isEqualTo(checkpoint(1));
        assertThat(names(folder)).containsExactly("last");
        run.saveLast(MODEL, checkpoint(3));
        assertThat(run.readLast()).isEqualTo(checkpoint(3));
    }

    /** The moments of a replacement at which a process may be killed. */
    @Test
    void processThatEndsAmidstAReplacementLeavesAWholeModel() throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        run.saveLast(MODEL, checkpoint(1));
        run.saveBest(MODEL, Map.of("w", tensor(1)));

        // While the new one is being written.
        Files.createDirectory(folder.resolve(".last.new"));
        Files.writeString(folder.resolve(".last.new/model.json"), "{");
        assertThat(RunDirectory.create(folder).readLast()).isEqualTo(checkpoint(1));

        // Between taking the old one away and putting the new one there.
        Files.move(run.last(), folder.resolve(".last.old"));
        Files.move(run.best(), folder.resolve(".best.old"));
        RunDirectory again = RunDirectory.create(folder);
        assertThat(again.hasCheckpoint()).isTrue();
        assertThat(again.readLast()).isEqualTo(checkpoint(1));
        assertThat(ModelDirectory.readParameters(again.best())).containsEntry("w", tensor(1));

        // With the new one there, while the old one is being deleted.
        Files.createDirectory(folder.resolve(".last.old"));
        Files.writeString(folder.resolve(".last.old/model.json"), "{}");
        assertThat(RunDirectory.create(folder).readLast()).isEqualTo(checkpoint(1));
        again.saveLast(MODEL, checkpoint(2));
        assertThat(again.readLast()).isEqualTo(checkpoint(2));
        assertThat(names(folder)).containsExactly("best", "last");
    }

    @ParameterizedTest
    @ValueSource(strings = {"progress.json", "parameters.safetensors", "optimizer.safetensors"})
    void missingOrCutFileIsNamed(String name) throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        run.saveLast(MODEL, checkpoint(5));
        Path file = run.last().resolve(name);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 3));
        assertRefused(run, name);
        Files.write(file, new byte[0]);
        assertRefused(run, name);
        Files.delete(file);
        assertRefused(run, name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}",
                "null",
                "7",
                "{\"epoch\": 1, \"batch\": 2, \"step\": 3}",
                "{\"epoch\": \"x\", \"batch\": 2, \"step\": 3, \"bestScore\": 0.5}",
                "{\"epoch\": -1, \"batch\": 2, \"step\": 3, \"bestScore\": 0.5}",
                "{\"epoch\": 1, \"batch\": -2, \"step\": 3, \"bestScore\": 0.5}",
            })
    void damagedProgressIsRefused(String text) throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        run.saveLast(MODEL, checkpoint(5));
        Files.writeString(run.last().resolve("progress.json"), text);
        assertRefused(run, "progress.json");
    }

    private static void assertRefused(RunDirectory run, String name) {
        assertThatThrownBy(run::readLast)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(run.last().resolve(name).toString())
                .hasMessageNotContaining("\n");
    }

    @Test
    void folderThatCanNotBeMadeIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        for (Path path : List.of(file, file.resolve("run"))) {
            assertThatThrownBy(() -> RunDirectory.create(path))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageNotContaining("\n");
        }
    }
}
