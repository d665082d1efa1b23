package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.train.LearningRateRange.Point;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LearningRateRangeTest {

    /** Returns a test of 101 steps from 0.00001 to 1 whose loss depends on the rate's logarithm. */
    private static LearningRateRange of(DoubleUnaryOperator loss) {
        List<Point> points =
                IntStream.rangeClosed(0, 100)
                        .mapToDouble(i -> -5 + 0.05 * i)
                        .mapToObj(
                                power -> {
                                    double value = loss.applyAsDouble(power);
                                    return new Point(Math.pow(10, power), value, value);
                                })
                        .toList();
        return new LearningRateRange(points);
    }

    @Test
    void theSuggestedRateIsWhereTheLossFallsMostSteeply() {
        // a logistic fall around 0.001, a minimum at 0.1, and a steeper rise
        LearningRateRange range =
                of(x -> 1 / (1 + Math.exp(4 * (x + 3))) + (x > -1 ? 5 * (x + 1) : 0));
        assertThat(range.suggestion().getAsDouble()).isCloseTo(1e-3, Percentage.withPercentage(1));
    }

    @Test
    void aSteeperFallAfterTheMinimumDoesNotCount() {
        LearningRateRange range =
                of(x -> x < -2 ? 1 - 0.2 * (x + 5) : x < -1 ? 3 + 2 * (x + 2) : 5 - 4 * (x + 1));
        assertThat(range.suggestion().getAsDouble()).isLessThan(0.02);
    }

    /** A loss that grew by half may end below where it began, and that is no advice. */
    @Test
    void aSteeperFallAfterTheLossHasGrownDoesNotCount() {
        LearningRateRange range =
                of(
                        x ->
                                2 / (1 + Math.exp(4 * (x + 3.5)))
                                        + (x > -2 ? 1.5 : 0.5)
                                        - (x > -1.5 ? 2 * (x + 1.5) : 0));
        assertThat(range.suggestion().getAsDouble()).isLessThan(1e-3);
    }

    @Test
    void aLossThatFallsNowhereHasNoSuggestion() {
        assertThat(of(x -> 6 + x).suggestion()).isEmpty();
        assertThat(new LearningRateRange(List.of()).suggestion()).isEmpty();
    }
}
