package dev.fern.tools.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheMiddleTwo() {
        assertThat(Spread.of(5, 1, 2)).isEqualTo(new Spread(2, 1, 5));
        assertThat(Spread.of(5, 1, 2, 4)).isEqualTo(new Spread(3, 1, 5));
        assertThat(Spread.of(7).text(1)).isEqualTo("7.0 (7.0 to 7.0)");
    }
}
