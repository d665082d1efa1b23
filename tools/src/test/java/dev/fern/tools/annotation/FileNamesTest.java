package dev.fern.tools.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileNamesTest {

    private static final Path FILE = Path.of("a.xml");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "street.jpg|street.jpg",
                "./street.jpg|street.jpg",
                "img/street.jpg|img/street.jpg",
                "img\\night\\street.jpg|img/night/street.jpg",
                "img//street.jpg|img/street.jpg",
                "C:\\Users\\u\\img\\street.jpg|street.jpg",
                "d:/data/street.jpg|street.jpg",
                "C:street.jpg|street.jpg",
                "\\\\server\\share\\street.jpg|street.jpg",
                "/home/u/img/street.jpg|street.jpg",
                "/etc/passwd|passwd",
                "~/img/street.jpg|~/img/street.jpg",
                "../street.jpg|street.jpg",
                "a/../../street.jpg|street.jpg",
                "..\\..\\street.jpg|street.jpg",
                "file:///home/u/street.jpg|street.jpg",
                "https://h.example/a/stra%C3%9Fe+1.jpg?w=1/2#x|straße+1.jpg",
                "s3://bucket/a/50%.jpg|50%.jpg",
                "/data/local-files/?d=a/street.jpg|street.jpg",
                "100%25 #1?.jpg|100%25 #1?.jpg",
                "größe 猫.jpg|größe 猫.jpg"
            })
    void aNameBecomesOneBelowTheImageFolder(String name, String relative) throws Exception {
        assertThat(FileNames.relative(FILE, name)).isEqualTo(relative);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "..", "/", "C:\\", "a/..", "https://h/..%2f..", "x\0y"})
    void whatNamesNoFileIsRefused(String name) {
        assertThatThrownBy(() -> FileNames.relative(FILE, name))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith("a.xml: file name \"")
                .hasMessageNotContaining("\0");
    }

    @Test
    void extensionsAreThoseOfTheLastPart() {
        assertThat(FileNames.withoutExtension("a.b/c")).isEqualTo("a.b/c");
        assertThat(FileNames.withoutExtension("a.b/c.d.jpg")).isEqualTo("a.b/c.d");
        assertThat(FileNames.withoutExtension(".jpg")).isEqualTo(".jpg");
    }
}
