package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

    @TempDir Path folder;

    @Test
    void lookingAtARunChangesNothing() throws IOException {
        RunDirectory run = RunDirectory.open(folder.resolve("run"));
        assertThat(run.hasCheckpoint()).isFalse();
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void olderCheckpointsAreFoundByTheirStepsAndOtherFoldersAreLeftAlone() throws IOException {
        RunDirectory run = RunDirectory.create(folder);
        for (String name : List.of("step-00000009", "step-100000000", "step-00000010")) {
            Files.createDirectories(run.checkpoints().resolve(name));
        }
        for (String name : List.of("step-9", "step-0000001x", "damaged", "step-00000011.bak")) {
            Files.createDirectories(run.checkpoints().resolve(name));
        }
        assertThat(run.olderCheckpoints())
                .containsExactly(
                        run.checkpoint(100_000_000), run.checkpoint(10), run.checkpoint(9));
        assertThat(run.hasCheckpoint()).isTrue();
    }

    @Test
    void aLockIsHeldAsLongAsItsFolderIsTheOneThatWasLocked() throws IOException {
        RunDirectory run = RunDirectory.create(folder.resolve("run"));
        try (RunLock lock = run.lock()) {
            assertThatThrownBy(run::lock).hasMessageContaining("another training writes to");
            lock.requireHeld();
            Path moved = Files.move(run.path(), folder.resolve("moved"));
            assertThat(lock.isHeld()).isFalse();
            try (RunLock other = RunDirectory.create(run.path()).lock()) {
                assertThat(lock.isHeld()).isFalse();
                assertThat(other.isHeld()).isTrue();
                assertThatThrownBy(lock::requireHeld)
                        .isInstanceOf(RunLostException.class)
                        .hasMessageContaining(run.path().toString());
            }
            Files.move(run.path(), folder.resolve("other"));
            Files.move(moved, run.path());
            lock.requireHeld();
        }
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
