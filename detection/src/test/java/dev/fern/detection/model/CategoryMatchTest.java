package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.CocoCategory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CategoryMatchTest {

    /** Reads categories as in {@code 1 cat; 2 dog}. */
    private static List<CocoCategory> categories(String text) {
        return Arrays.stream(text.split(";", -1))
                .map(String::strip)
                .map(entry -> entry.split(" ", 2))
                .map(
                        parts ->
                                new CocoCategory(
                                        Long.parseLong(parts[0]),
                                        parts.length == 1 ? "" : parts[1],
                                        ""))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 RBC; 2 WBC; 3 Platelets | 1 RBC; 2 WBC; 3 Platelets | 0 1 2",
                "1 RBC; 2 WBC; 3 Platelets | 0 WBC; 1 Platelets; 2 RBC | 2 0 1",
                "1 RBC; 2 WBC | 1 WBC; 2 RBC | 1 0",
                "1 RBC; 2 WBC | 2 WBC | -1 0",
                "1 traffic light | 7 Traffic_Light | 0",
                "1 traffic light | 7  traffic  LIGHT | 0",
                "1 caf\u00e9 | 7 cafe\u0301 | 0",
                "1 stra\u00dfe | 7 STRASSE | 0",
                // an equal name goes before one that only looks like it
                "1 car; 2 Car | 1 Car; 2 car | 1 0",
                // ids decide between categories of one name
                "1 car; 2 car | 2 car; 1 car | 1 0",
                // and where there are no names
                "1; 2 | 2 dog; 1 cat | 1 0",
                "0 class 0; 1 class 1; 2 class 2 | 1 RBC; 2 WBC | -1 0 1",
                "1 class 2; 2 class 1 | 1 class 1; 2 class 2 | 1 0",
                "1 cat | 1 dog | -1"
            })
    void categoriesAreMatchedByName(String model, String data, String places) {
        CategoryMatch match = CategoryMatch.of(categories(model), categories(data));
        int[] expected = Arrays.stream(places.split(" ")).mapToInt(Integer::parseInt).toArray();
        assertThat(IntStream.range(0, expected.length).map(match::inData).toArray())
                .containsExactly(expected);
        for (int m = 0; m < expected.length; m++) {
            if (expected[m] >= 0) {
                assertThat(match.inModel(expected[m])).isEqualTo(m);
                assertThat(match.idInData(m)).hasValue(categories(data).get(expected[m]).id());
            } else {
                assertThat(match.idInData(m)).isEmpty();
            }
        }
    }

    @Test
    void whatOnlyOneSideHasIsToldButNotPlacesWithoutAName() {
        CategoryMatch match =
                CategoryMatch.of(
                        categories("0 class 0; 1 cat; 2 dog"), categories("5 cat; 6 cow; 7 eel"));
        assertThat(match.onlyInModel()).extracting(CocoCategory::name).containsExactly("dog");
        assertThat(match.onlyInData()).extracting(CocoCategory::name).containsExactly("cow", "eel");
        assertThat(match.pairs()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "1 car; 2 car, 3 car",
        "3 car, 1 car; 2 car",
        "1 car; 2 car, 1 car; 7 car",
        "1 Car; 2 CAR, 3 car",
        "1 Car; 2 bus, 1 bus; 2 car; 3 CAR"
    })
    void categoriesOfOneNameWithOtherIdsAreRefused(String model, String data) {
        assertThatThrownBy(() -> CategoryMatch.of(categories(model), categories(data)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'car'")
                .hasMessageContaining("names of their own");
    }
}
