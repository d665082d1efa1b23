package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C during a training: a checkpoint, then status 130; with --resume it goes on. */
class InterruptTest {

    @TempDir Path folder;

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void anInterruptedTrainingLeavesACheckpointToGoOnFrom() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        Path run = folder.resolve("run");
        Process process = start(run, 100_000);
        waitForSteps(process, run.resolve("log"), 3);
        assertThat(
                        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                                .start()
                                .waitFor())
                .isZero();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(run.resolve("last/parameters.safetensors")).exists();
        long steps = steps(run);

        Process resumed = start(run, 100_000, "--resume");
        waitForSteps(resumed, run.resolve("log"), 3);
        resumed.destroy();
        assertThat(resumed.waitFor(2, TimeUnit.MINUTES)).isTrue();
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

    private static long steps(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .filter(line -> line.startsWith("{\"step\""))
                .count();
    }

    private Process start(Path run, int steps, String... more) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Fern.class.getName(),
                                "train",
                                "--train-annotations="
                                        + folder
                                        + "/annotations/instances_train.json",
                                "--train-images=" + folder + "/train",
                                "--val-annotations=" + folder + "/annotations/instances_train.json",
                                "--val-images=" + folder + "/train",
                                "--output=" + run,
                                "--steps=" + steps,
                                "--log-every=1",
                                "--width=0.1",
                                "--min-size=64",
                                "--max-size=64",
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0",
                                "--set=evaluateEvery=1000000"));
        command.addAll(List.of(more));
        Files.createDirectories(run);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(run.resolve("log").toFile())
                .start();
    }

    private static void waitForSteps(Process process, Path log, int steps) throws Exception {
        for (int i = 0; i < 1200 && process.isAlive(); i++) {
            long lines =
                    Files.readAllLines(log).stream().filter(l -> l.startsWith("step ")).count();
            if (lines >= steps) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no progress: " + Files.readString(log));
    }
}
