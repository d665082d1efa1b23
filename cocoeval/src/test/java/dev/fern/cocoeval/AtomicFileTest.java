package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
