package dev.fern.tools.train;

import dev.fern.tools.CommandRun;
import dev.fern.tools.Fern;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A small training in a Java process of its own. */
public final class TrainingProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();

    /**
     * Starts a training.
     *
     * @param data a folder of a synthesizer with the split train
     */
    TrainingProcess(Path data, Path run, String... more) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Fern.class.getName()));
        command.addAll(arguments(data, run, more));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Returns the arguments of {@code fern} for such a training. */
    static List<String> arguments(Path data, Path run, String... more) {
        Path annotations = data.resolve("annotations/instances_train.json");
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--train-annotations=" + annotations,
                                "--train-images=" + data.resolve("train"),
                                "--val-annotations=" + annotations,
                                "--val-images=" + data.resolve("train"),
                                "--output=" + run,
                                "--engine=" + System.getProperty("ai.djl.default_engine", "MXNet"),
                                "--log-every=1",
                                "--width=0.1",
                                "--min-size=64",
                                "--max-size=64",
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Runs such a training in this process. */
    public static CommandRun inThisProcess(Path data, Path run, String... more) {
        return CommandRun.of(arguments(data, run, more).toArray(String[]::new));
    }

    /**
     * Waits until the training has reported this many more steps.
     *
     * @return whether it has; it may have ended before
     */
    boolean awaitSteps(int steps) throws IOException {
        for (int seen = 0; seen < steps; ) {
            String line = output.readLine();
            if (line == null) {
                return false;
            }
            lines.add(line);
            seen += line.startsWith("step ") ? 1 : 0;
        }
        return true;
    }

    /** Asks the training to end, as Ctrl-C does; returns its exit status. */
    int interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
        requireEnd();
        return await();
    }

    /** Returns the processes that share the training. */
    List<ProcessHandle> workers() {
        return process.descendants().toList();
    }

    /** Halts the training where it is. */
    void pause() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid())).start().waitFor();
    }

    /** Lets a halted training go on. */
    void goOn() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-CONT", String.valueOf(process.pid())).start().waitFor();
    }

    /** Kills the training at once, so that it can do nothing more. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Waits for the end of the training; returns its exit status. */
    int await() throws IOException, InterruptedException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
        }
        requireEnd();
        return process.exitValue();
    }

    private void requireEnd() throws InterruptedException {
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("it does not end: " + lines);
        }
    }

    /** Returns the lines that were read so far. */
    List<String> lines() {
        return lines;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
