package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    @TempDir Path folder;

    @Test
    void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFile.write(file, new byte[] {1, 2, 3});
        AtomicFile.write(file, new byte[] {4});

        assertThat(file).hasBinaryContent(new byte[] {4});
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path file = Files.write(folder.resolve("a.txt"), new byte[] {1});
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.write(link, new byte[] {2});
        assertThat(link).isSymbolicLink();
        assertThat(file).hasBinaryContent(new byte[] {2});
    }

    @Test
    void aNameThatCanNotBeAFileIsRefusedByThatName() {
        Path absent = folder.resolve("absent/a.txt");
        for (Path file : List.of(folder, absent)) {
            assertThatThrownBy(() -> AtomicFile.requireWritable(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ");
        }
    }

    @Test
    void whatGoesWrongIsToldByTheNameThatWasGiven() {
        for (String device : List.of("/dev/full", "/proc/fern.json")) {
            Path file = Path.of(device);
            assumeTrue(Files.isDirectory(file.getParent()), "needs " + file.getParent());
            assertThatThrownBy(() -> AtomicFile.write(file, new byte[] {1}))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ")
                    .hasMessageNotContaining(".tmp");
        }
    }

    @Test
    void aPipeIsWrittenToThroughItsLinks() throws Exception {
        Path self = Path.of("/dev/stdout");
        assumeTrue(Files.exists(self), "needs " + self);
        Process reader =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                StandardOutput.class.getName())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(reader.getInputStream().readAllBytes()).isEqualTo(new byte[] {7, 8});
        assertThat(reader.waitFor()).isZero();
    }

    /** Writes to where its standard output goes. */
    static final class StandardOutput {
        private StandardOutput() {}

        public static void main(String[] arguments) throws IOException {
            AtomicFile.write(Path.of("/dev/stdout"), new byte[] {7, 8});
        }
    }

    @Test
    void aFailureLeavesNothingBehind() throws IOException {
        Path occupied = folder.resolve("occupied");
        Files.createDirectories(occupied.resolve("child"));

        assertThatThrownBy(() -> AtomicFile.write(occupied, new byte[] {1}))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("absent/a.txt"), new byte[] {1}))
                .isInstanceOf(IOException.class);

        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(occupied);
        }
    }
}
