package dev.fern.tools.sweep.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.tools.sweep.result.SweepResults.Spread;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void meanAndSampleDeviationAreThoseWorkedOutByHand() {
        // deviations from 3: -2, -1, 3; squares 1 + 4 + 9 = 14, over 3 - 1 makes 7
        Spread spread = Spread.of(2, 1, 6);
        assertThat(spread.count()).isEqualTo(3);
        assertThat(spread.mean()).isEqualTo(3);
        assertThat(spread.deviation()).isCloseTo(2.6457513110645907, within(1e-15));
        assertThat(spread.least()).isEqualTo(1);
        assertThat(spread.most()).isEqualTo(6);
    }

    @Test
    void oneValueHasNoDeviationAndNoValueNothing() {
        assertThat(Spread.of(0.25)).isEqualTo(new Spread(1, 0.25, Double.NaN, 0.25, 0.25));
        assertThat(Spread.of())
                .isEqualTo(new Spread(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN));
    }

    @Test
    void equalValuesDeviateByNothing() {
        assertThat(Spread.of(0.5, 0.5, 0.5, 0.5).deviation()).isZero();
    }
}
