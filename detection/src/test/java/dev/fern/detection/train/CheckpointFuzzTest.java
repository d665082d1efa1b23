package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.files.Checksums;
import dev.fern.detection.files.FuzzCase;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.train.CheckpointStore.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A damaged checkpoint is never taken for a whole one; {@code -Dfern.fuzz.runs=6000} for more
 * cases.
 */
class CheckpointFuzzTest {

    private static final DetectorConfiguration CONFIGURATION =
            TinyDetectors.smallest("frn", new CanvasRule(64, 64));

    private static final CheckpointStore.ModelWriter MODEL =
            (folder, parameters) -> ModelDirectory.writeInto(folder, CONFIGURATION, parameters);

    private static final long MOST_BYTES = 16 << 20;

    @Test
    @Timeout(3600)
    void damagedRunsAreResumedFromAWholeCheckpointOrRefused() throws IOException {
        FuzzCase.all(
                "runs",
                50,
                fuzz -> {
                    RunDirectory run = RunDirectory.create(fuzz.folder().resolve("run"));
                    CheckpointStore store = new CheckpointStore(run, 2);
                    store.save(MODEL, checkpoint(1));
                    store.save(MODEL, checkpoint(2));
                    fuzz.damage(anyFile(fuzz, run.last()));
                    if (fuzz.random().nextInt(3) == 0) {
                        fuzz.damage(anyFile(fuzz, run.checkpoint(1)));
                    }
                    List<String> warnings = new ArrayList<>();
                    fuzz.reads(
                            () ->
                                    assertThat(store.restore(warnings::add))
                                            .isIn(checkpoint(1), checkpoint(2)),
                            IOException.class,
                            MOST_BYTES);
                    assertThat(warnings)
                            .allSatisfy(
                                    warning ->
                                            assertThat(warning)
                                                    .contains(fuzz.folder().toString())
                                                    .doesNotContain("\n"));
                });
    }

    /** Whoever writes the checksums too can make a checkpoint of anything. */
    @Test
    @Timeout(3600)
    void damageThatTheChecksumsConfirmIsReadOrRefused() throws IOException {
        FuzzCase.all(
                "runs",
                50,
                fuzz -> {
                    RunDirectory run = RunDirectory.create(fuzz.folder().resolve("run"));
                    CheckpointStore store = new CheckpointStore(run, 2);
                    store.save(MODEL, checkpoint(1));
                    Path file = anyFile(fuzz, run.last());
                    byte[] damaged = fuzz.damaged(Files.readAllBytes(file));
                    Files.delete(run.last().resolve("SHA256SUMS"));
                    Files.write(file, damaged);
                    if (!file.endsWith("SHA256SUMS")) {
                        Checksums.write(run.last());
                    }
                    fuzz.reads(() -> store.restore(warning -> {}), IOException.class, MOST_BYTES);
                });
    }

    private static Path anyFile(FuzzCase fuzz, Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = entries.sorted().toList();
            return files.get(fuzz.random().nextInt(files.size()));
        }
    }

    private static Checkpoint checkpoint(int step) {
        return new Checkpoint(
                new Progress(1, 0, step, 0.5, 0),
                Map.of("w", tensor(step), "x", tensor(step, 3)),
                Map.of("w", tensor(-step)),
                Map.of());
    }

    private static Tensor tensor(float... values) {
        return new Tensor(new long[] {values.length}, values);
    }
}
