package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class EngineStartTest {

    private static final String AFTERWARDS = "afterwards standard error works";

    @TempDir private Path folder;

    /** Starts the engine, in the way that its argument says. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) {
            if (arguments[0].equals("quietly")) {
                System.setProperty(EngineBridge.QUIET_START, "true");
            }
            try (NDManager manager = EngineBridge.of("MXNet").newManager()) {
                manager.create(new float[] {1, 2}).addi(1);
                System.err.println(AFTERWARDS);
            }
        }
    }

    @Test
    void mxNetsLineIsKeptFromStandardErrorWhereThatIsAskedFor()
            throws IOException, InterruptedException {
        assertThat(standardError("quietly"))
                .doesNotContain("MXNet start using engine")
                .contains(AFTERWARDS);
    }

    @Test
    void aProgramsStandardErrorIsItsOwn() throws IOException, InterruptedException {
        assertThat(standardError("as it is"))
                .contains("MXNet start using engine")
                .contains(AFTERWARDS);
    }

    private String standardError(String way) throws IOException, InterruptedException {
        Path log = folder.resolve(way);
        Process process = JavaProcess.start("NaiveEngine", log, Program.class, way);
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        return Files.readString(log);
    }
}
