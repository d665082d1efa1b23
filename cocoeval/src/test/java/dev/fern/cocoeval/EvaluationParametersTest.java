package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.EvaluationParameters.AreaRange;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluationParametersTest {
    @TempDir Path folder;

    private EvaluationParameters read(String json) throws IOException {
        return EvaluationParameters.read(Files.writeString(folder.resolve("p.json"), json));
    }

    @Test
    void readsPycocotoolsNames() throws IOException {
        assertThat(
                        read(
                                """
                                {"imgIds": [3, 1], "catIds": [], "iouThrs": [0.5], "recThrs": [0, 1],
                                 "maxDets": [5, 1], "areaRng": [[0, 1e10], [5, Infinity]],
                                 "areaRngLbl": ["all", "big"], "useCats": 0, "corrected": true}
                                """))
                .isEqualTo(
                        EvaluationParameters.builder()
                                .imgIds(List.of(3L, 1L))
                                .catIds(List.of())
                                .iouThrs(List.of(0.5))
                                .recThrs(List.of(0.0, 1.0))
                                .maxDets(List.of(5, 1))
                                .areaRng(
                                        List.of(
                                                new AreaRange(0, 1e10),
                                                new AreaRange(5, Double.POSITIVE_INFINITY)))
                                .areaRngLbl(List.of("all", "big"))
                                .useCats(false)
                                .corrected(true)
                                .build());
        assertThat(read("{}")).isEqualTo(EvaluationParameters.defaults());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"maxDet": [1]}             | maxDet (byte 10): is not a parameter of the evaluation
            {"maxDets": [1, 2.5]}       | maxDets[1] (byte 19): is not a number of detections
            {"maxDets": []}             | maxDets is empty
            {"iouThrs": 0.5}            | iouThrs (byte 12): expected an array
            {"iouThrs": ["0.5"]}        | iouThrs[0] (byte 13): is not a number
            {"areaRng": [[1, 2, 3]]}    | areaRng[0] (byte 22): is not a range of two numbers
            {"imgIds": ["a"]}           | imgIds[0] (byte 15): is neither an integer nor an id of the data set
            {"useCats": 2}              | useCats (byte 13): is neither 0 nor 1
            {"areaRngLbl": [null]}      | areaRngLbl[0] (byte 20): is not a string
            """)
    void namesTheParameterThatIsWrong(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("p.json: " + message);
    }
}
