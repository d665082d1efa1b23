package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.model.ModelDirectory;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output folders on small and read-only disks; skipped where none can be mounted. */
class FullDiskTest {

    private static final String[] SETTINGS = {
        "--steps=6", "--set=checkpointSteps=1", "--set=evaluateEvery=100"
    };

    @TempDir Path folder;

    private Path disk;

    @BeforeEach
    void makeData() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        disk = Files.createDirectory(folder.resolve("disk"));
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (!Files.getFileStore(disk).equals(Files.getFileStore(folder))) {
            run("umount", disk.toString());
        }
    }

    private void mount(String options) throws IOException, InterruptedException {
        boolean mounted;
        try {
            mounted = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString());
        } catch (IOException e) {
            mounted = false;
        }
        Assumptions.assumeTrue(mounted, "to mount a disk of memory takes Linux and root");
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    }

    @Test
    void aDiskThatIsFullEndsTheTrainingAndItsCheckpointsStayWhole() throws Exception {
        Path undisturbed = folder.resolve("undisturbed");
        assertThat(TrainingProcess.inThisProcess(folder, undisturbed, SETTINGS).status()).isZero();
        long checkpoint = size(undisturbed.resolve("last"));

        mount("size=" + (3 * checkpoint + checkpoint / 2));
        Path run = disk.resolve("run");
        CommandRun full = TrainingProcess.inThisProcess(folder, run, with("keepCheckpoints=9"));
        assertThat(full.status()).as(full.errors().toString()).isEqualTo(1);
        assertThat(full.complaints())
                .singleElement()
                .asString()
                .contains(run.toString(), "No space left on device", "step 3;", "--resume");
        assertThat(run.resolve(".last.new")).doesNotExist();
        List<Path> whole = new ArrayList<>(List.of(run.resolve("last")));
        try (var older = Files.list(run.resolve("checkpoints"))) {
            older.forEach(whole::add);
        }
        assertThat(whole).hasSize(3);
        for (Path folderOfOne : whole) {
            assertThat(
                            run(
                                    "sh",
                                    "-c",
                                    "cd "
                                            + folderOfOne
                                            + " && sha256sum --check --strict SHA256SUMS"))
                    .as(folderOfOne.toString())
                    .isTrue();
        }

        assertThat(run("mount", "-o", "remount,size=64m", disk.toString())).isTrue();
        CommandRun resumed =
                TrainingProcess.inThisProcess(folder, run, with("keepCheckpoints=9", "--resume"));
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            assertThat(run.resolve("last").resolve(file))
                    .hasSameBinaryContentAs(undisturbed.resolve("last").resolve(file));
        }
    }

    private static String[] with(String setting, String... more) {
        List<String> options = new ArrayList<>(List.of(SETTINGS));
        options.add("--set=" + setting);
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    private static long size(Path checkpoint) throws IOException {
        long size = 0;
        try (var files = Files.list(checkpoint)) {
            for (Path file : files.toList()) {
                size += (Files.size(file) + 4095) / 4096 * 4096;
            }
        }
        return size;
    }

    @Test
    void aModelThatDoesNotFitOnTheDiskIsNamed() throws Exception {
        Path run = folder.resolve("run");
        assertThat(TrainingProcess.inThisProcess(folder, run, SETTINGS).status()).isZero();
        mount("size=64k");
        Path model = disk.resolve("model");
        assertThatThrownBy(
                        () ->
                                ModelDirectory.write(
                                        model,
                                        ModelDirectory.readConfiguration(run.resolve("best")),
                                        ModelDirectory.readParameters(run.resolve("best"))))
                .isInstanceOf(IOException.class)
                .hasMessage(model + ": can't be written: No space left on device");
        try (var left = Files.list(disk)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aFolderThatCanNotBeWrittenToIsRefusedBeforeTheFirstStep() throws Exception {
        mount("ro");
        CommandRun refused = TrainingProcess.inThisProcess(folder, disk.resolve("run"), SETTINGS);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains(disk.resolve("run").toString(), "Read-only file system");
        assertThat(refused.errors()).noneMatch(line -> line.startsWith("step "));
    }
}
