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

    private Path file(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "images\\p 1.jpg",
                "..\\..\\media\\upload\\4\\p 1.jpg",
                "C:\\Users\\u\\p 1.jpg",
                "images/p 1.jpg",
                "/data/upload/3/1f2e3d4c-p 1.jpg",
                "https://bucket.example.com/proj/p%201.jpg?X-Sig=abc"
            })
    void aNameOfAnotherMachineGoesByItsLastPart(String name) throws IOException {
        Path file = file("p 1.jpg");
        file("q.jpg");
        ImageFolder folder = new ImageFolder(root);
        assertThat(folder.note()).isEmpty();
        assertThat(folder.resolve(name)).isEqualTo(file);
        assertThat(folder.resolve(name)).isEqualTo(file);
        assertThat(folder.resolve("q.jpg")).isEqualTo(root.resolve("q.jpg"));
        assertThat(folder.note())
                .get()
                .asString()
                .startsWith("1 images have file names")
                .contains(name, file.toString());
    }

    @Test
    void accentsMayBeLettersOfTheirOwnOnDisk() throws IOException {
        Path decomposed = file("sub/Ka\u0308tzchen.jpg");
        ImageFolder folder = new ImageFolder(root);
        assertThat(folder.resolve("sub/K\u00e4tzchen.jpg")).isEqualTo(decomposed);
        assertThat(folder.resolve("K\u00e4tzchen.jpg"))
                .isEqualTo(root.resolve("K\u00e4tzchen.jpg"));
    }

    @Test
    void aFileThatIsMissingInItsFolderIsNotTakenFromAnother() throws IOException {
        file("a/p.jpg");
        file("b/q.jpg");
        ImageFolder folder = new ImageFolder(root);
        assertThat(folder.resolve("b/p.jpg")).isEqualTo(root.resolve("b/p.jpg"));
        assertThat(folder.resolve("p.jpg")).isEqualTo(root.resolve("p.jpg"));
        assertThat(folder.note()).isEmpty();
    }

    @Test
    void ofSeveralFilesOfOneNameTheMostAlikeIsTakenOrNone() throws IOException {
        file("a/p.jpg");
        Path meant = file("b/p.jpg");
        ImageFolder folder = new ImageFolder(root);
        assertThat(folder.resolve("images\\b\\p.jpg")).isEqualTo(meant);
        assertThat(folder.resolve("images/c/p.jpg")).isEqualTo(root.resolve("images/c/p.jpg"));
    }

    @Test
    void twoNamesDoNotFindOneFile() throws IOException {
        Path file = file("p.jpg");
        ImageFolder folder = new ImageFolder(root);
        assertThat(folder.resolve("train/p.jpg")).isEqualTo(file);
        assertThat(folder.resolve("val/p.jpg")).isEqualTo(root.resolve("val/p.jpg"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../p.jpg", "a/../../p.jpg", "/x/../../p.jpg"})
    void aNameThatClimbsIsNotSought(String name) throws IOException {
        file("p.jpg");
        ImageFolder folder = new ImageFolder(root);
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
