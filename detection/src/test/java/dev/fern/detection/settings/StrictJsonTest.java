package dev.fern.detection.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {

    @Test
    void documentsBecomeWhatGsonMakesOfThem() {
        String text =
                """
                {"a": [1, -2.50, 1e400, 123456789012345678901234567890], "b": {"a": null, "": true},
                 "\\u00e4\\n": "x\\"y", "d": [], "e": {}, "f": false}
                """;
        JsonObject parsed = StrictJson.parse(text).getAsJsonObject();
        assertThat(parsed.toString()).isEqualTo(JsonParser.parseString(text).toString());
        assertThat(parsed.getAsJsonArray("a").get(3).getAsString())
                .isEqualTo("123456789012345678901234567890");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\": 1, \"b\": 2, \"a\": 1}|'a' stands twice",
                "{\"a\": {\"b\": 1, \"b\": 2}}|'a.b' stands twice",
                "{\"a\": [{}, {\"b\": 1, \"\\u0062\": 2}]}|'a[1].b' stands twice"
            },
            quoteCharacter = '`')
    void namesThatStandTwiceAreRefusedWithTheirPlace(String text, String message) {
        assertThatThrownBy(() -> StrictJson.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"a\": 1",
                "{\"a\": 1}}",
                "{\"a\": 1} 2",
                "{a: 1}",
                "{'a': 1}",
                "{\"a\": 1, // one\n\"b\": 2}",
                "{\"a\" = 1; \"b\" = 2}",
                "[1,]",
                "[01]",
                "[NaN]",
                "[TRUE]"
            })
    void whatIsNotJsonIsRefused(String text) {
        assertThatThrownBy(() -> StrictJson.parse(text))
                .isInstanceOf(JsonParseException.class)
                .hasMessageNotContaining("http");
    }

    @Test
    void theLineIsNamed() {
        assertThatThrownBy(() -> StrictJson.parse("{\n  \"a\": 1\n  \"b\": 2\n}"))
                .hasMessageStartingWith("line 3, column ");
    }

    @Test
    void deepNestingIsNoDanger() {
        assertThatThrownBy(() -> StrictJson.parse("[".repeat(1_000_000)))
                .isInstanceOf(JsonParseException.class);
    }
}
