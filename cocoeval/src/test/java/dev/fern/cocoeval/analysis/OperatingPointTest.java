package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static dev.fern.cocoeval.analysis.Scene.DOG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoDetection;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.Outcome;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class OperatingPointTest {
    private static final Scene SCENE =
            new Scene()
                    .truth(CAT, 0, 0)
                    .truth(CAT, 100, 0)
                    .detect(CAT, 0, 0, 0.9) // right: P 1, R 1/2, F1 2/3, F3 10/19
                    .detect(CAT, 50, 50, 0.8) // wrong
                    .detect(CAT, 60, 50, 0.7) // wrong
                    .detect(CAT, 100, 0, 0.6) // right: P 1/2, R 1, F1 2/3, F3 10/11
                    .detect(DOG, 0, 0, 0.5); // wrong, and there is no dog

    @Test
    void ofEqualScoresTheSurestPointIsTheBest() throws CocoFormatException {
        Analysis analysis = SCENE.analyse();
        OperatingPoint best = analysis.categories().get(0).best().orElseThrow();
        assertThat(best.scoreThreshold()).isEqualTo(0.9);
        assertThat(best.precision()).isEqualTo(1);
        assertThat(best.recall()).isEqualTo(0.5);
        assertThat(best.fBeta()).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(analysis.scoreThreshold()).isEqualTo(0.9);
    }

    @Test
    void aLargeBetaFavoursRecall() throws CocoFormatException {
        Analysis analysis = SCENE.analyse(AnalysisParameters.defaults().withBeta(3));
        OperatingPoint best = analysis.categories().get(0).best().orElseThrow();
        assertThat(best.scoreThreshold()).isEqualTo(0.6);
        assertThat(best.fBeta()).isCloseTo(10 / 11.0, within(1e-12));
        assertThat(analysis.scoreThreshold()).isEqualTo(0.6);
    }

    @Test
    void aCategoryOfWhichNothingWasFoundHasNone() throws CocoFormatException {
        assertThat(SCENE.analyse().categories().get(1).best()).isEmpty();
    }

    @Property(tries = 200)
    void noThresholdIsBetterAndNoHigherOneAsGood(
            @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 9) Integer> tenths,
            @ForAll long coins,
            @ForAll @IntRange(max = 5) int missed,
            @ForAll @DoubleRange(min = 0.25, max = 4) double beta) {
        List<MatchedDetection> ranking = new ArrayList<>();
        for (int i = 0; i < tenths.size(); i++) {
            ranking.add(
                    new MatchedDetection(
                            i,
                            new CocoDetection(1, 1, new Box(0, 0, 1, 1), tenths.get(i) / 10.0),
                            0,
                            (coins >>> i & 1) == 1 ? Outcome.TRUE_POSITIVE : Outcome.FALSE_POSITIVE,
                            -1));
        }
        ranking.sort(MatchedDetection.BY_FALLING_SCORE);
        int right = (int) ranking.stream().filter(MatchedDetection::isRight).count();
        Optional<OperatingPoint> best = OperatingPoint.best(ranking, right + missed, beta);
        assertThat(best.isPresent()).isEqualTo(right > 0);
        for (int tenth = 0; tenth < 10 && right > 0; tenth++) {
            double threshold = tenth / 10.0;
            double kept = ranking.stream().filter(d -> d.score() >= threshold).count();
            double found =
                    ranking.stream().filter(d -> d.score() >= threshold && d.isRight()).count();
            if (found > 0) {
                double precision = found / kept;
                double recall = found / (right + missed);
                double f =
                        (1 + beta * beta) * precision * recall / (beta * beta * precision + recall);
                assertThat(best.get().fBeta()).isGreaterThanOrEqualTo(f - 1e-12);
                if (threshold == best.get().scoreThreshold()) {
                    assertThat(best.get().fBeta()).isCloseTo(f, within(1e-12));
                    assertThat(best.get().precision()).isEqualTo(precision);
                    assertThat(best.get().recall()).isEqualTo(recall);
                } else if (threshold > best.get().scoreThreshold()) {
                    assertThat(f).isLessThan(best.get().fBeta());
                }
            }
        }
    }
}
