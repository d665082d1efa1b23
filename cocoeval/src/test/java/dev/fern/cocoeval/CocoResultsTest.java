package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CocoResultsTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"dt.json", "dt.json.gz"})
    void whatIsWrittenComesBackTheSame(String name) throws IOException {
        CocoResults.Builder builder = CocoResults.builder();
        for (int i = 0; i < 3000; i++) {
            builder.add(i / 7, i % 5, new Box(i / 3.0, -i, i + 0.25, 1e-9 * i), Math.sin(i));
        }
        CocoResults written = builder.build();
        builder.add(99, 99, new Box(9, 9, 9, 9), 9);
        Path file = folder.resolve(name);
        written.write(file);
        CocoResults read = CocoResults.read(file);
        assertThat(read.size()).isEqualTo(3000);
        assertThat(read.detections()).isEqualTo(written.detections());
        assertThat(read.get(10))
                .isEqualTo(
                        new CocoDetection(1, 0, new Box(10 / 3.0, -10, 10.25, 1e-8), Math.sin(10)));
    }

    @Test
    void theLastOfTwoMembersCounts() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("dt.json"),
                        "[{\"image_id\": \"x\", \"bbox\": [1], \"score\": null, \"score\": 1e-1,"
                                + " \"bbox\": [1, 2, 3, 4], \"image\\u005fid\": 6,"
                                + " \"category_id\": 2.0}]");
        assertThat(CocoResults.read(file).detections())
                .containsExactly(new CocoDetection(6, 2, new Box(1, 2, 3, 4), 0.1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {}                                              | is not an array of detections
            [1]                                             | [0] (byte 1): is not an object
            [{"image_id": 1}]                               | [0] (byte 1): has no category_id
            [{"image_id": []}]                              | [0].image_id (byte 14): is not an id
            [{"image_id":1,"category_id":1,"bbox":[1,2,3]}] | [0].bbox (byte 38): has 3 numbers
            [{"bbox": [1, null, 3, 4]}]                     | [0]
            [1,]                                            | [0] (byte 1)
            [] x                                            | byte 3: text after the end
            [{"a": 01}]                                     | [0].a (byte 8): expected ',' or '}'
            """)
    void namesTheRecordThatIsWrong(String content, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("dt.json"), content);
        assertThatThrownBy(() -> CocoResults.read(file))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message);
    }
}
