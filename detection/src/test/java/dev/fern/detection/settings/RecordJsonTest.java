package dev.fern.detection.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordJsonTest {

    /** What has two kinds, which have the same components. */
    private interface Engine {}

    private record Steam(int power, boolean loud) implements Engine {}

    private record Diesel(int power, boolean loud) implements Engine {}

    @OneOf({@OneOf.Kind(type = Steam.class), @OneOf.Kind(name = "diesel", type = Diesel.class)})
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    private @interface AnyEngine {}

    private record Train(@Unwrapped @AnyEngine Engine engine, int cars) {}

    private record Depot(@AnyEngine Engine engine) {}

    private static <T extends Record> T read(String json, Class<T> type) {
        return RecordJson.read(JsonParser.parseString(json), type);
    }

    @Test
    void aRecordOfAnyKindIsReadBack() {
        for (Engine engine : new Engine[] {new Steam(3, true), new Diesel(4, false)}) {
            Train train = new Train(engine, 7);
            assertThat(RecordJson.read(RecordJson.write(train), Train.class)).isEqualTo(train);
            Depot depot = new Depot(engine);
            assertThat(RecordJson.read(RecordJson.write(depot), Depot.class)).isEqualTo(depot);
        }
    }

    @Test
    void theFirstKindHasNoName() {
        JsonObject steam = RecordJson.write(new Train(new Steam(3, true), 7));
        assertThat(steam)
                .isEqualTo(JsonParser.parseString("{\"power\": 3, \"loud\": true, \"cars\": 7}"));
        assertThat(read("{\"engine\": {\"power\": 3, \"loud\": true}}", Depot.class))
                .isEqualTo(new Depot(new Steam(3, true)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"kind\": \"diesel\", \"power\": 3} | engine.loud is missing",
                "{\"power\": 3} | engine.loud is missing",
                "{\"kind\": \"horse\", \"power\": 3, \"loud\": true} | engine.kind is unknown",
                "{\"kind\": 5, \"power\": 3, \"loud\": true} | engine.kind must be a string",
                "3 | engine is not a JSON object"
            })
    void whatIsMissingOrUnknownIsNamed(String engine, String message) {
        assertThatThrownBy(() -> read("{\"engine\": " + engine + "}", Depot.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
