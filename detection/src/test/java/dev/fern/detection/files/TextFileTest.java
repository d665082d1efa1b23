package dev.fern.detection.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {

    @TempDir Path folder;

    private List<String> lines(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        TextFile.readLines(file, 5, (number, text, ended) -> lines.add(number + text + ended));
        return lines;
    }

    @Test
    void linesAreNumberedAndTheLastMayLackItsEnd() throws IOException {
        Path file = folder.resolve("lines");
        assertThat(lines(Files.writeString(file, ""))).isEmpty();
        assertThat(lines(Files.writeString(file, "\n"))).containsExactly("1true");
        assertThat(lines(Files.writeString(file, "a\n\nbcdé\n")))
                .containsExactly("1atrue", "2true", "3bcdétrue");
        assertThat(lines(Files.writeString(file, "a\nb\r"))).containsExactly("1atrue", "2b\rfalse");
    }

    @Test
    void linesThatAreTooLongAndOtherFilesAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("long"), "12345\n123456\n");
        assertThatThrownBy(() -> lines(file))
                .isInstanceOf(IOException.class)
                .hasMessage(file + ": line 2 is longer than 5 characters");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {'a', '\n', (byte) 0xff});
        assertThatThrownBy(() -> lines(binary)).hasMessage(binary + ": not UTF-8 text");
        assertThatThrownBy(() -> lines(folder)).hasMessageStartingWith(folder + ": is a folder");
        assertThatThrownBy(() -> lines(folder.resolve("none")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aFileWithoutAnEndIsRefused() {
        Path zeros = Path.of("/dev/zero");
        assumeTrue(Files.isReadable(zeros), () -> "needs " + zeros);
        assertThatThrownBy(() -> TextFile.read(zeros))
                .isInstanceOf(IOException.class)
                .hasMessage("/dev/zero: is larger than 67108864 bytes");
    }

    @Test
    void aFileThatShouldBeSmallIsRefusedBeforeItIsRead() throws IOException {
        Path file = Files.writeString(folder.resolve("text"), "12345");
        assertThat(TextFile.readSmall(file, 5)).isEqualTo("12345");
        assertThatThrownBy(() -> TextFile.readSmall(file, 4))
                .hasMessage(file + ": is larger than 4 bytes");
        assertThatThrownBy(() -> TextFile.readSmall(folder, 4))
                .hasMessage(folder + ": is not a regular file");
    }
}
