package dev.fern.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AxisTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    1       | 0 0.2 0.4 0.6 0.8 1
                    0.073   | 0 0.02 0.04 0.06 0.08
                    0.00008 | 0 2e-5 4e-5 6e-5 8e-5
                    0.0012  | 0 2e-4 4e-4 6e-4 8e-4 0.001 0.0012
                    480     | 0 100 200 300 400 500
                    1500    | 0 500 1k 1.5k
                    90000   | 0 20k 40k 60k 80k 100k
                    2.4e6   | 0 500k 1M 1.5M 2M 2.5M
                    0       | 0 0.2 0.4 0.6 0.8 1
                    NaN     | 0 0.2 0.4 0.6 0.8 1
                    """)
    void ticksAreRoundAndFewAndReachTheLargestValue(double most, String labels) {
        Axis axis = Axis.upTo("loss", most);
        assertThat(axis.ticks()).extracting(Axis.Tick::label).containsExactly(labels.split(" "));
        assertThat(axis.ticks().get(axis.ticks().size() - 1).at()).isEqualTo(axis.most());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-29, 3e-7, 0.9999999, 7, 1e15, 1e300})
    void anySizeHasTicks(double most) {
        Axis axis = Axis.upTo("loss", most);
        assertThat(axis.ticks()).hasSizeBetween(2, 8);
        assertThat(axis.most()).isGreaterThanOrEqualTo(most * (1 - 1e-6));
    }

    @Test
    void anAxisThatCountsEndsWithTheLastAndHasASecondRowOfLabels() {
        Axis axis = Axis.counting("step", 480, step -> 8 * step);
        assertThat(axis.most()).isEqualTo(480);
        assertThat(axis.ticks())
                .extracting(Axis.Tick::label)
                .containsExactly("0", "100", "200", "300", "400");
        assertThat(axis.ticks())
                .extracting(Axis.Tick::below)
                .containsExactly("0", "800", "1.6k", "2.4k", "3.2k");
    }

    @Test
    void countsAreWholeNumbers() {
        assertThat(Axis.counting("epoch", 2).ticks())
                .extracting(Axis.Tick::label)
                .containsExactly("0", "1", "2");
        assertThat(Axis.counting("epoch", 0).most()).isEqualTo(1);
    }

    @Test
    void namedPlacesAreEquallyFarApart() {
        Axis axis = Axis.named("batch size", List.of("1", "8"));
        assertThat(axis.most()).isEqualTo(2);
        assertThat(axis.ticks()).extracting(Axis.Tick::at).containsExactly(0.5, 1.5);
    }
}
