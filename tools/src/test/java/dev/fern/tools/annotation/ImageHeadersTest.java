package dev.fern.tools.annotation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageHeadersTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "a.jpg, a.jpg",
        "day/b.jpg, day/b.jpg",
        "VOC2007/JPEGImages/a.jpg, a.jpg",
        "VOC2007/JPEGImages/a, a.jpg",
        "1f2e3d4c-a.jpg, a.jpg",
        "other/b.jpg, day/b.jpg",
        "c.jpg, c.jpg"
    })
    void aNameIsThatOfTheFileThatItMeans(String given, String file) throws IOException {
        Files.createFile(folder.resolve("a.jpg"));
        Files.createDirectory(folder.resolve("day"));
        Files.createFile(folder.resolve("day/b.jpg"));

        assertThat(new ImageHeaders(folder).locate(given)).isEqualTo(file);
    }
}
