package dev.fern.cocoeval.variant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.mask.SegmentationReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskExtentTest {
    @TempDir Path folder;

    private Optional<MaskExtent> read(String json) throws IOException {
        try (JsonTokenizer in =
                CompressedInput.tokenizer(Files.writeString(folder.resolve("m.json"), json))) {
            Optional<MaskExtent> mask = MaskExtent.of(new SegmentationReader(in, true).read());
            in.endDocument();
            return mask;
        }
    }

    /** Runs 5 2 5: rows 1 and 2 of column 1 of a mask of 4 rows. Packed by hand. */
    @Test
    void runLengthsGoDownTheColumns() throws IOException {
        assertThat(read("{\"size\": [4, 3], \"counts\": \"525\"}"))
                .contains(new MaskExtent(1, 1, 1, 2, 2));
        assertThat(read("{\"counts\": [5, 2, 5], \"size\": [4, 3]}"))
                .contains(new MaskExtent(1, 1, 1, 2, 2));
    }

    /** Runs 5 2 5 1 3, of which the last two are packed as the differences -1 and -2. */
    @Test
    void laterRunsArePackedAsDifferences() throws IOException {
        assertThat(read("{\"size\": [4, 4], \"counts\": \"525ON\"}"))
                .contains(new MaskExtent(1, 0, 3, 3, 3));
    }

    /** 100, of more than five bits, is packed as T3. */
    @Test
    void aRunOverSeveralColumnsReachesFromTopToBottom() throws IOException {
        assertThat(read("{\"size\": [60, 10], \"counts\": \"T3T3\"}"))
                .contains(new MaskExtent(1, 0, 3, 60, 100));
    }

    @Test
    void anEmptyMaskHasNoExtent() throws IOException {
        assertThat(read("{\"size\": [2, 3], \"counts\": [6]}"))
                .contains(new MaskExtent(0, 0, 0, 0, 0));
    }

    @Test
    void polygonsHaveTheirBoundsAndTheSumOfTheirAreas() throws IOException {
        assertThat(read("[[10, 20, 30, 20, 30, 50.5, 10, 50.5], [0, 0, 4, 0, 0, 3]]"))
                .contains(new MaskExtent(0, 0, 30, 50.5, 20 * 30.5 + 6));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "7",
                "[[1, 2, 3]]",
                "[[1, 2, \"x\", 4, 5, 6]]",
                "[[1, 2, 1e999, 4, 5, 6]]",
                "{\"size\": [4, 3], \"counts\": \"52\\u0001\"}",
                "{\"size\": [4, 3], \"counts\": \"ooooooooooo\"}",
                "{\"size\": [4, 3], \"counts\": [5, 2, 99]}",
                "{\"size\": [4, 3], \"counts\": [5, -2, 9]}",
                "{\"size\": [0, 3], \"counts\": [0]}",
                "{\"size\": [4], \"counts\": [4]}",
                "{\"size\": [4000000000, 4000000000], \"counts\": [1, 2]}",
                "{\"size\": [4, 3], \"counts\": 5}"
            })
    void whatIsNoMaskIsPassedOver(String json) throws IOException {
        assertThat(read(json)).isEmpty();
    }
}
