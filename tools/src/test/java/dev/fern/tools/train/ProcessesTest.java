package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that several processes share. */
class ProcessesTest {

    private static final String[] SETTINGS = {
        "--steps=40", "--batch-size=3", "--set=checkpointSteps=1", "--warmup-steps=2"
    };

    @TempDir Path folder;

    @BeforeEach
    void drawImages() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 7);
    }

    private TrainingProcess start(String run, String... more) throws Exception {
        String[] all = java.util.Arrays.copyOf(SETTINGS, SETTINGS.length + more.length);
        System.arraycopy(more, 0, all, SETTINGS.length, more.length);
        return new TrainingProcess(folder, folder.resolve(run), all);
    }

    private void assertSameBits(String one, String other) {
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            assertThat(folder.resolve(one).resolve("last").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve(other).resolve("last").resolve(file));
        }
    }

    /** Kills a worker, then interrupts the leader; each time the training goes on. */
    @Test
    void aWorkerThatIsKilledAndAnInterruptLeaveNoTraceInTheBits() throws Exception {
        try (TrainingProcess straight = start("straight", "--processes=2")) {
            assertThat(straight.await()).as(straight.lines().toString()).isZero();
        }
        try (TrainingProcess killed = start("killed", "--processes=2")) {
            assertThat(killed.awaitSteps(3)).as(killed.lines().toString()).isTrue();
            assertThat(killed.workers()).hasSize(1).allMatch(ProcessHandle::destroyForcibly);
            assertThat(killed.await()).as(killed.lines().toString()).isEqualTo(1);
            assertThat(String.join("\n", killed.lines()))
                    .contains("worker 1: ended by signal 9")
                    .contains("fern: lost worker 1 (")
                    .contains("go on with --resume");
        }
        assertThat(Files.exists(folder.resolve("killed/last/progress.json"))).isTrue();
        try (TrainingProcess stopped = start("killed", "--processes=2", "--resume")) {
            assertThat(stopped.awaitSteps(2)).as(stopped.lines().toString()).isTrue();
            assertThat(stopped.interrupt()).as(stopped.lines().toString()).isEqualTo(130);
        }
        try (TrainingProcess resumed = start("killed", "--processes=2", "--resume")) {
            assertThat(resumed.await()).as(resumed.lines().toString()).isZero();
        }
        assertSameBits("killed", "straight");
    }

    @Test
    void batchNormIsRefused() throws Exception {
        try (TrainingProcess refused = start("bn", "--processes=2", "--norm=bn")) {
            assertThat(refused.await()).as(refused.lines().toString()).isEqualTo(2);
            assertThat(String.join("\n", refused.lines()))
                    .contains("norm 'bn' mixes the images of a batch");
        }
    }
}
