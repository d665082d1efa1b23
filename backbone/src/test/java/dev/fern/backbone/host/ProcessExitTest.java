package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts processes that train with host functions and checks how they end. */
@EnabledOnOs(OS.LINUX)
class ProcessExitTest {

    private static final int TERMINATED = 128 + 15;

    @TempDir Path folder;
    private Path log;
    private Process process;

    @BeforeEach
    void chooseLog() {
        log = folder.resolve("log");
    }

    @AfterEach
    void leaveNoProcess() {
        process.destroyForcibly();
    }

    @ParameterizedTest
    @CsvSource({
        "ThreadedEnginePerDevice, return, 0",
        "ThreadedEnginePerDevice, exit, 7",
        "ThreadedEnginePerDevice, exit while training, 7",
        "NaiveEngine, exit, 7",
        "NaiveEngine, exit while training, 7"
    })
    void aProcessEndsWithItsOwnStatus(String engine, String ending, int status)
            throws IOException, InterruptedException {
        start(engine, ending);
        assertThat(exitStatus()).as(Files.readString(log)).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ThreadedEnginePerDevice", "NaiveEngine"})
    void aProcessEndsAtOnceWhenTerminatedWhileTraining(String engine)
            throws IOException, InterruptedException {
        start(engine, "train on");
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo(HostFunctionProgram.UNDER_WAY);
            process.destroy();
            assertThat(exitStatus()).as(Files.readString(log)).isEqualTo(TERMINATED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ThreadedEnginePerDevice", "NaiveEngine"})
    void aFailureInACallbackReachesTheProgramWhichGoesOn(String engine)
            throws IOException, InterruptedException {
        start(engine, "exit after a failure");
        assertThat(exitStatus()).as(Files.readString(log)).isEqualTo(HostFunctionProgram.STATUS);
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine())
                    .isEqualTo(
                            "caused by "
                                    + new UnsupportedOperationException(FailingFunction.MESSAGE));
        }
    }

    private void start(String engine, String ending) throws IOException {
        process = JavaProcess.start(engine, log, HostFunctionProgram.class, ending);
    }

    private int exitStatus() throws InterruptedException {
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("the process has ended").isTrue();
        return process.exitValue();
    }
}
