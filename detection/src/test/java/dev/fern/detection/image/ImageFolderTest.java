package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {

    @TempDir Path root;

    @ParameterizedTest
    @ValueSource(strings = {"a.jpg", "sub/a.jpg", "./a.jpg", "sub/../a.jpg", "..a.jpg"})
    void namesBelowTheFolderResolve(String name) throws IOException {
        assertThat(new ImageFolder(root).resolve(name)).isEqualTo(root.resolve(name).normalize());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../a.jpg", "sub/../../a.jpg", "/etc/passwd", "", ".", "..", "a/..", "\0"})
    void namesThatLeaveTheFolderAreRefused(String name) throws IOException {
        ImageFolder folder = new ImageFolder(root);
        assertThatThrownBy(() -> folder.resolve(name))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("file name")
                .hasMessageNotContaining("\0");
    }

    @Test
    void siblingWithTheSamePrefixIsOutside() throws IOException {
        Path folder = Files.createDirectory(root.resolve("images"));
        assertThatThrownBy(() -> new ImageFolder(folder).resolve("../images2/a.jpg"))
                .isInstanceOf(ImageReadException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../a.jpg", "/a.jpg", ".."})
    void theWorkingDirectoryIsAFolderToo(String name) throws IOException {
        ImageFolder folder = new ImageFolder(Path.of(""));
        assertThat(folder.resolve("a.jpg")).isEqualTo(Path.of("a.jpg"));
        assertThatThrownBy(() -> folder.resolve(name)).isInstanceOf(ImageReadException.class);
    }

    @Test
    void missingFolderIsNamed() {
        Path absent = root.resolve("absent");
        assertThatThrownBy(() -> new ImageFolder(absent))
                .isInstanceOf(ImageReadException.class)
                .hasMessage(absent + ": no such image folder");
    }
}
