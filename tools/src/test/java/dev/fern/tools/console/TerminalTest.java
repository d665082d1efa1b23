package dev.fern.tools.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands in a pseudo-terminal, which {@code script} of util-linux makes. */
class TerminalTest {

    private static final Path SCRIPT = Path.of("/usr/bin/script");

    @TempDir static Path folder;

    private static Path data;

    @BeforeAll
    static void makeData() {
        assumeTrue(Files.isExecutable(SCRIPT), "no /usr/bin/script: nothing makes a terminal");
        data = folder.resolve("shapes");
        assertThat(
                        CommandRun.of(
                                        "dataset",
                                        "synthesize",
                                        "--output=" + data,
                                        "--train-images=4",
                                        "--val-images=4",
                                        "--width=64",
                                        "--height=64")
                                .status())
                .isZero();
    }

    /** A command in a terminal. */
    private record Session(int width, String term) {

        /** Returns all that the terminal received; sends Ctrl-C once it has received a text. */
        String run(String interruptAfter, List<String> arguments)
                throws IOException, InterruptedException {
            String command =
                    "stty cols %d rows 24; %s; echo \"status $?\"; stty -a | tr ';' '\\n'"
                            .formatted(
                                    width,
                                    ShellWords.of(FernProcess.of(List.of(), arguments).command()));
            ProcessBuilder builder =
                    new ProcessBuilder(
                            SCRIPT.toString(), "-qfec", "trap : INT; " + command, "/dev/null");
            builder.environment().put("TERM", term);
            builder.environment().put("SHELL", "/bin/sh");
            Process process = builder.redirectErrorStream(true).start();
            StringBuilder received = new StringBuilder();
            try (Reader output = process.inputReader(StandardCharsets.UTF_8)) {
                boolean interrupted = interruptAfter.isEmpty();
                for (int c = output.read(); c >= 0; c = output.read()) {
                    received.append((char) c);
                    if (!interrupted && received.toString().endsWith(interruptAfter)) {
                        interrupted = true;
                        process.getOutputStream().write(3);
                        process.getOutputStream().flush();
                    }
                }
            }
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            return received.toString();
        }
    }

    private static List<String> training(String run, String... more) {
        Path annotations = data.resolve("annotations/instances_train.json");
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--train-annotations=" + annotations,
                                "--train-images=" + data.resolve("train"),
                                "--val-annotations=" + annotations,
                                "--val-images=" + data.resolve("train"),
                                "--output=" + folder.resolve(run),
                                "--width=0.1",
                                "--min-size=64",
                                "--max-size=64",
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Returns the lines up to the shell's, and checks that the shell finds the terminal sane. */
    private static List<String> shown(int width, String received) {
        int end = received.indexOf("status ");
        Screen screen = new Screen(width);
        screen.write(received.substring(0, end));
        assertThat(screen.isReadyForAPrompt()).as(received).isTrue();
        assertThat(received.substring(end))
                .containsPattern("[^-]icanon")
                .containsPattern("[^-]echo ")
                .containsPattern("[^-]isig");
        return screen.lines();
    }

    @Test
    void everyEvaluationStaysOnTheScreenAboveABarThatEndsOnALineOfItsOwn() throws Exception {
        String received = new Session(100, "xterm").run("", training("whole", "--epochs=3"));
        List<String> lines = shown(100, received);
        for (int epoch = 1; epoch <= 3; epoch++) {
            String evaluation = "epoch " + epoch + "  AP ";
            assertThat(lines).filteredOn(line -> line.startsWith(evaluation)).hasSize(1);
        }
        assertThat(lines).filteredOn(line -> line.startsWith("train ")).hasSize(1);
        assertThat(lines)
                .filteredOn(line -> line.startsWith("train 100% ["))
                .singleElement()
                .asString()
                .contains("6/6 steps");
        assertThat(lines).anyMatch(line -> line.startsWith("best model: "));
        assertThat(received).contains("status 0");

        lines =
                shown(
                        100,
                        new Session(100, "xterm")
                                .run(
                                        "",
                                        List.of(
                                                "detect",
                                                "--model=" + folder.resolve("whole/best"),
                                                "--score-threshold=0.01",
                                                data.resolve("val").toString())));
        assertThat(lines).filteredOn(line -> line.startsWith("detect 100%")).hasSize(1);
        assertThat(lines)
                .filteredOn(line -> !line.isEmpty() && !line.startsWith("detect "))
                .isNotEmpty()
                .allMatch(line -> line.startsWith(data.toString()) || line.startsWith("note: "));
    }

    @Test
    void aNarrowTerminalHasABarOfOneLine() throws Exception {
        List<String> lines =
                shown(40, new Session(40, "xterm").run("", training("narrow", "--epochs=2")));
        assertThat(lines)
                .filteredOn(line -> line.startsWith("train ") && line.contains("%"))
                .singleElement()
                .asString()
                .hasSizeLessThan(40);
    }

    @Test
    void aTerminalThatMovesNoCursorGetsLinesAlone() throws Exception {
        String received =
                new Session(100, "dumb").run("", training("dumb", "--epochs=2", "--log-every=1"));
        assertThat(received.substring(0, received.indexOf("status ")))
                .doesNotContain("\u001b", "\r\r")
                .contains("step 1/4", "epoch 2  AP ");
    }

    @Test
    void ctrlCLeavesACheckpointAndASaneTerminal() throws Exception {
        String received =
                new Session(100, "xterm").run("epoch 1  AP ", training("broken", "--epochs=500"));
        List<String> lines = shown(100, received);
        assertThat(received).contains("status 130");
        assertThat(lines).anyMatch(line -> line.startsWith("checkpoint: "));
        assertThat(lines).filteredOn(line -> line.startsWith("train ")).hasSizeLessThan(2);
        assertThat(folder.resolve("broken/last")).isDirectory();
    }

    @Test
    void quietLeavesResultsAndErrorsAlone() throws Exception {
        List<String> lines =
                shown(
                        100,
                        new Session(100, "xterm")
                                .run("", training("quiet", "--epochs=1", "--quiet")));
        assertThat(lines)
                .filteredOn(line -> !line.isEmpty())
                .singleElement()
                .asString()
                .startsWith("best model: ");
        CommandRun wrong = CommandRun.of("train", "--quiet", "--output=x");
        assertThat(wrong.errors()).singleElement().asString().startsWith("fern: no training data");
    }
}
