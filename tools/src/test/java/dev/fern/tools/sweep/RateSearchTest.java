package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.sweep.RateSearch.Missing;
import dev.fern.tools.sweep.RateSearch.Progress;
import dev.fern.tools.sweep.result.RateChoice.State;
import dev.fern.tools.sweep.result.RateChoice.Trial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateSearchTest {

    private static final double DIVERGED = Double.NEGATIVE_INFINITY;

    private static RateSearch whole(int widen, Double... rates) {
        return new RateSearch(List.of(rates), List.of(1.0), widen);
    }

    /** Trains what a search asks for until it asks for no more; returns all that was asked for. */
    private static List<Missing> run(RateSearch search, DoubleUnaryOperator score) {
        Map<Missing, Double> known = new HashMap<>();
        List<Missing> asked = new ArrayList<>();
        while (true) {
            Progress progress = search.search(scores(known));
            if (progress.state() != State.OPEN) {
                assertThat(progress.missing()).isEmpty();
                return asked;
            }
            assertThat(progress.missing()).isNotEmpty().noneMatch(asked::contains);
            asked.addAll(progress.missing());
            progress.missing().forEach(m -> known.put(m, score.applyAsDouble(m.rate())));
        }
    }

    private static RateSearch.Scores scores(Map<Missing, Double> known) {
        return (rate, part) -> Optional.ofNullable(known.get(new Missing(rate, part)));
    }

    private static Progress end(RateSearch search, DoubleUnaryOperator score) {
        return search.search((rate, part) -> Optional.of(score.applyAsDouble(rate)));
    }

    /** Rises up to a rate and falls after it. */
    private static DoubleUnaryOperator peakAt(double best) {
        return rate -> 0.5 - Math.abs(Math.log(rate / best)) / 10;
    }

    @Test
    void oneRateIsChosenWithoutATraining() {
        Progress progress = whole(3, 0.5).search((rate, part) -> Optional.empty());
        assertThat(progress.rate()).contains(0.5);
        assertThat(progress.trials()).isEmpty();
        assertThat(progress.atEnd()).isFalse();
    }

    @Test
    void theBestOfTheMiddleIsChosenWithoutOthers() {
        assertThat(run(whole(3, 0.5, 1.0, 2.0), peakAt(1.1)))
                .containsExactly(new Missing(0.5, 1), new Missing(1, 1), new Missing(2, 1));
        Progress progress = end(whole(3, 0.5, 1.0, 2.0), peakAt(1.1));
        assertThat(progress.state()).isEqualTo(State.CHOSEN);
        assertThat(progress.rate()).contains(1.0);
        assertThat(progress.added()).isZero();
        assertThat(progress.atEnd()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0.5 1 2, 5, 4, 2, false", // 4 and 8 are added, and 8 is worse
        "0.5 1 2, 0.05, 0.0625, 3, true", // 0.25, 0.125, 0.0625 are added, and no more may be
        "1 2, 0.7, 0.5, 2, false", // 0.5 and 0.25
        "1 3 4, 7, 7.1111, 3, false" // 5.33333, 7.1111, 9.48146: as far as the neighbour
    })
    void theGridGrowsWhileTheBestIsAtItsEnd(
            String rates, double peak, double chosen, int added, boolean atEnd) {
        Double[] first =
                List.of(rates.split(" ")).stream().map(Double::valueOf).toArray(Double[]::new);
        Progress progress = end(whole(3, first), peakAt(peak));
        assertThat(progress.rate()).contains(chosen);
        assertThat(progress.added()).isEqualTo(added);
        assertThat(progress.atEnd()).isEqualTo(atEnd);
        assertThat(progress.tried()).hasSize(first.length + added).isSorted();
        assertThat(run(whole(3, first), peakAt(peak))).hasSize(first.length + added);
    }

    @Test
    void aGridThatMayNotGrowSaysThatTheBestIsAtItsEnd() {
        Progress progress = end(whole(0, 0.5, 1.0, 2.0), peakAt(4));
        assertThat(progress.rate()).contains(2.0);
        assertThat(progress.added()).isZero();
        assertThat(progress.atEnd()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "0.5 1 2, 1", // nearest to the rule
        "0.5 2 8, 0.5", // the smaller of two that are as near
        "0.25 0.5 4, 0.5"
    })
    void ofEqualScoresTheOneNearestToTheRuleWins(String rates, double chosen) {
        Double[] first =
                List.of(rates.split(" ")).stream().map(Double::valueOf).toArray(Double[]::new);
        Progress progress = end(whole(2, first), rate -> 0.25);
        assertThat(progress.rate()).contains(chosen);
    }

    @Test
    void aRateThatDivergedIsWorseThanOneThatFoundNothing() {
        Progress progress = end(whole(3, 1.0, 2.0, 4.0), rate -> rate > 1 ? DIVERGED : 0);
        assertThat(progress.rate()).contains(1.0); // 0.5 is tried, as good, and farther from 1
        assertThat(progress.tried()).containsExactly(0.5, 1.0, 2.0, 4.0);
        assertThat(progress.trials()).contains(new Trial(4, 1, DIVERGED));
    }

    @Test
    void whereAllDivergeSmallerOnesAreTriedUntilOneDoesNot() {
        Progress progress = end(whole(3, 1.0, 2.0), rate -> rate >= 0.5 ? DIVERGED : 0.1);
        assertThat(progress.tried()).containsExactly(0.125, 0.25, 0.5, 1.0, 2.0);
        assertThat(progress.rate()).contains(0.25);
        assertThat(progress.atEnd()).isFalse();
        Progress hopeless = end(whole(3, 1.0, 2.0), rate -> DIVERGED);
        assertThat(hopeless.state()).isEqualTo(State.DIVERGED);
        assertThat(hopeless.rate()).isEmpty();
        assertThat(hopeless.tried()).hasSize(5);
    }

    @Test
    void aTrainingThatFailedLeavesNothingToChoose() {
        Progress progress = end(whole(3, 1.0, 2.0, 4.0), rate -> rate == 4 ? Double.NaN : rate);
        assertThat(progress.state()).isEqualTo(State.FAILED);
        assertThat(progress.rate()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"2, 0.5", "3, 0.25 0.5", "4, 0.25 0.5", "5, 0.125 0.25 0.5", "8, 0.125 0.25 0.5"})
    void halvingEndsWithHalfOfTheTraining(int rates, String parts) {
        assertThat(RateSearch.halvingParts(rates))
                .isEqualTo(List.of(parts.split(" ")).stream().map(Double::valueOf).toList());
    }

    @Test
    void theWorseHalfIsLeftOutAfterEachPart() {
        RateSearch search =
                new RateSearch(List.of(0.25, 0.5, 1.0, 2.0, 4.0), List.of(0.125, 0.25, 0.5), 0);
        Map<Missing, Double> known = new HashMap<>();
        List<Double> early = List.of(0.1, 0.2, 0.5, 0.4, 0.3);
        for (int i = 0; i < 5; i++) {
            known.put(new Missing(search.rates().get(i), 0.125), early.get(i));
        }
        assertThat(search.search(scores(known)).missing())
                .containsExactlyInAnyOrder(
                        new Missing(1, 0.25), new Missing(2, 0.25), new Missing(4, 0.25));
        known.put(new Missing(1, 0.25), 0.5);
        known.put(new Missing(2, 0.25), 0.6);
        known.put(new Missing(4, 0.25), 0.4);
        assertThat(search.search(scores(known)).missing())
                .containsExactlyInAnyOrder(new Missing(1, 0.5), new Missing(2, 0.5));
        known.put(new Missing(1, 0.5), 0.7);
        known.put(new Missing(2, 0.5), 0.6);
        Progress progress = search.search(scores(known));
        assertThat(progress.rate()).contains(1.0);
        assertThat(progress.trials()).hasSize(10).startsWith(new Trial(0.25, 0.125, 0.1));
    }

    @Test
    void halvingTooLooksBeyondTheEnds() {
        RateSearch search = new RateSearch(List.of(0.5, 1.0, 2.0), List.of(0.25, 0.5), 3);
        Progress progress = end(search, peakAt(4));
        assertThat(progress.rate()).contains(4.0);
        assertThat(progress.tried()).containsExactly(0.5, 1.0, 2.0, 4.0, 8.0);
        assertThat(progress.atEnd()).isFalse();
        assertThat(run(search, peakAt(4)))
                .contains(new Missing(8, 0.25))
                .doesNotContain(new Missing(0.5, 0.5), new Missing(1, 0.5));
    }
}
