package dev.fern.detection.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFolderTest {

    @TempDir Path folder;

    @Test
    void aFolderWithFoldersInItIsReplacedWhole() throws IOException {
        Path target = folder.resolve("page");
        AtomicFolder.replace(target, fresh -> write(fresh, "old.txt", "old"));
        AtomicFolder.replace(
                target,
                fresh -> {
                    write(fresh, "new.txt", "new");
                    Files.createDirectories(fresh.resolve("a/b"));
                    write(fresh.resolve("a/b"), "deep.txt", "deep");
                });
        assertThat(target.resolve("a/b/deep.txt")).hasContent("deep");
        assertThat(names(target)).containsExactly("a", "new.txt");
        assertThat(names(folder)).containsExactly("page");
    }

    @Test
    void whereWritingFailsTheFolderIsAsItWas() throws IOException {
        Path target = folder.resolve("page");
        AtomicFolder.replace(target, fresh -> write(fresh, "old.txt", "old"));
        assertThatThrownBy(
                        () ->
                                AtomicFolder.replace(
                                        target,
                                        fresh -> {
                                            write(fresh, "new.txt", "new");
                                            throw new IOException("disk is full");
                                        }))
                .hasMessageContaining("disk is full");
        assertThat(names(target)).containsExactly("old.txt");
        assertThat(names(folder)).containsExactly("page");
    }

    private static void write(Path folder, String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
