package dev.fern.cocoeval.variant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NameIndexTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "p 1.jpg",
                "images/p 1.jpg",
                "images\\p 1.jpg",
                "..\\..\\media\\p 1.jpg",
                "C:\\Users\\u\\p 1.jpg",
                "/data/upload/3/1f2e3d4c-p 1.jpg",
                "/data/local-files/?d=shots/p 1.jpg",
                "https://bucket.example.com/a/p%201.jpg?X-Sig=a/b#c",
                "https://host/data/local-files/?d=shots/p%201.jpg",
                "s3://bucket/p 1.jpg",
                "file:///home/u/p 1.jpg"
            })
    void theLastPartCounts(String name) {
        NameIndex<Integer> index = new NameIndex<>();
        index.add("p 1.jpg", 1);
        index.add("p2.jpg", 2);
        assertThat(index.find(name)).contains(1);
    }

    @Test
    void accentsMayBeLettersOfTheirOwn() {
        NameIndex<Integer> index = new NameIndex<>();
        index.add("Ka\u0308tzchen.jpg", 1);
        assertThat(index.find("K\u00e4tzchen.jpg")).contains(1);
    }

    @ParameterizedTest
    @CsvSource({"old/a/p.jpg, 1", "/x/b/p.jpg, 2", "c/p.jpg,", "p.jpg,", "q.jpg,"})
    void ofSeveralTheOneThatIsMostAlikeIsMeant(String name, Integer found) {
        NameIndex<Integer> index = new NameIndex<>();
        index.add("a/p.jpg", 1);
        index.add("b/p.jpg", 2);
        assertThat(index.find(name)).isEqualTo(Optional.ofNullable(found));
    }

    @ParameterizedTest
    @CsvSource({
        "a/b.jpg, true",
        "a\\b.jpg, true",
        "a..b/c.jpg, true",
        "../b.jpg, false",
        "a/../b.jpg, false",
        "/b.jpg, false",
        "C:\\b.jpg, false",
        "http://h/b.jpg, false"
    })
    void aLocalNameStaysBelowItsFolder(String name, boolean local) {
        assertThat(ImageFileName.of(name).local()).isEqualTo(local);
    }
}
