package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static dev.fern.cocoeval.analysis.Scene.DOG;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.BACKGROUND;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.BOTH;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.CLASSIFICATION;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.DUPLICATE;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.LOCALISATION;
import static dev.fern.cocoeval.analysis.TideErrors.Kind.MISSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.json.CocoFormatException;
import org.junit.jupiter.api.Test;

/**
 * Worked out by hand. A box that is shifted by half its width has IoU 1/3. Of the 101 recalls, 21
 * are at most 1/5, 26 at most 1/4, 41 at most 2/5, 51 at most 1/2 and 61 at most 3/5.
 */
class TideTest {
    private static final double HALF = 5;

    /**
     * Five cats, of which the first and the last are found, and two dogs, of which the first is
     * found; each kind of error once, but two objects missed.
     */
    private static Scene eachKindOnce() {
        return new Scene()
                .truth(CAT, 0, 0)
                .truth(CAT, 100, 0)
                .truth(CAT, 200, 0)
                .truth(CAT, 300, 0)
                .truth(CAT, 400, 0)
                .truth(DOG, 0, 100)
                .truth(DOG, 100, 100)
                .detect(CAT, 0, 0, 0.95) // right
                .detect(CAT, 0, 0, 0.90) // duplicate
                .detect(CAT, 100 + HALF, 0, 0.85) // localisation
                .detect(DOG, 200, 0, 0.80) // classification
                .detect(DOG, 300 + HALF, 0, 0.75) // both
                .detect(DOG, 300, 300, 0.70) // background
                .detect(DOG, 0, 100, 0.65) // right
                .detect(CAT, 400, 0, 0.60); // right
    }

    // Sums of precision over the 101 recalls.
    // Cats: right, wrong, wrong, right of 5 give precision 1 and 2/4.
    private static final double CATS = 21 + 20 * 0.5;
    // Dogs: wrong, wrong, wrong, right of 2 give precision 1/4.
    private static final double DOGS = 51 * 0.25;

    private static double mean(double cats, double dogs) {
        return (cats + dogs) / 202;
    }

    private static void assertMended(TideErrors.Kind kind, int count, double cats, double dogs)
            throws CocoFormatException {
        TideErrors.TideError error = eachKindOnce().analyse().tide().of(kind);
        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error.count()).isEqualTo(count);
        assertThat(error.deltaAp()).isCloseTo(mean(cats, dogs) - mean(CATS, DOGS), within(1e-12));
    }

    @Test
    void theAveragePrecisionIsThatOfTheEvaluator() throws CocoFormatException {
        assertThat(eachKindOnce().analyse().tide().averagePrecision())
                .isCloseTo(mean(CATS, DOGS), within(1e-12));
    }

    @Test
    void mendingAClassificationMovesTheDetectionToTheObjectsCategory() throws CocoFormatException {
        // cats: right, wrong, wrong, right, right give 1, 2/4, 3/5; dogs: 1/3
        assertMended(CLASSIFICATION, 1, 21 + 40 * 0.6, 51 / 3.0);
    }

    @Test
    void mendingALocalisationMakesTheDetectionRight() throws CocoFormatException {
        // right, wrong, right, right give 1, 2/3, 3/4
        assertMended(LOCALISATION, 1, 21 + 40 * 0.75, DOGS);
    }

    @Test
    void mendingBothRemovesTheDetection() throws CocoFormatException {
        assertMended(BOTH, 1, CATS, 51 / 3.0);
    }

    @Test
    void mendingADuplicateRemovesTheDetection() throws CocoFormatException {
        // right, wrong, right give 1, 2/3
        assertMended(DUPLICATE, 1, 21 + 20 * 2 / 3.0, DOGS);
    }

    @Test
    void mendingBackgroundRemovesTheDetection() throws CocoFormatException {
        assertMended(BACKGROUND, 1, CATS, 51 / 3.0);
    }

    @Test
    void mendingMissedObjectsLeavesFewerToFind() throws CocoFormatException {
        // the fourth cat and the second dog go: 2 of 4 cats at 1 and 2/4, 1 of 1 dog at 1/4
        assertMended(MISSED, 2, 26 + 25 * 0.5, 101 * 0.25);
    }

    @Test
    void withoutWrongDetectionsPrecisionIsOneUpToTheRecallThatIsReached()
            throws CocoFormatException {
        assertThat(eachKindOnce().analyse().tide().falsePositiveDeltaAp())
                .isCloseTo(mean(41, 51) - mean(CATS, DOGS), within(1e-12));
    }

    @Test
    void withoutMissedObjectsThePrecisionsReachToRecallOne() throws CocoFormatException {
        assertThat(eachKindOnce().analyse().tide().falseNegativeDeltaAp())
                .isCloseTo(mean(51 + 50 * 0.5, 101 * 0.25) - mean(CATS, DOGS), within(1e-12));
    }

    @Test
    void ofSeveralDetectionsOnOneObjectTheOneOfTheHighestScoreIsMended()
            throws CocoFormatException {
        TideErrors tide =
                new Scene()
                        .truth(CAT, 0, 0)
                        .detect(CAT, HALF, 0, 0.9)
                        .detect(CAT, -HALF, 0, 0.8)
                        .detect(DOG, 0, 0, 0.7)
                        .analyse()
                        .tide();
        assertThat(tide.of(LOCALISATION).count()).isEqualTo(2);
        assertThat(tide.of(LOCALISATION).deltaAp()).isCloseTo(1, within(1e-12));
        // the dog's object is the better detection's to find
        assertThat(tide.of(CLASSIFICATION).count()).isEqualTo(1);
        assertThat(tide.of(CLASSIFICATION).deltaAp()).isZero();
        assertThat(tide.of(MISSED).count()).isZero();
    }

    @Test
    void aDetectionOnAFoundObjectIsRemovedRatherThanMended() throws CocoFormatException {
        TideErrors tide =
                new Scene()
                        .truth(CAT, 0, 0)
                        .truth(CAT, 100, 0)
                        .detect(CAT, HALF, 0, 0.9)
                        .detect(CAT, 0, 0, 0.8)
                        .analyse()
                        .tide();
        assertThat(tide.averagePrecision()).isCloseTo(51 * 0.5 / 101, within(1e-12));
        assertThat(tide.of(LOCALISATION).deltaAp()).isCloseTo(51 * 0.5 / 101, within(1e-12));
    }

    @Test
    void aDetectionOnACrowdIsNoError() throws CocoFormatException {
        TideErrors tide =
                new Scene()
                        .truth(CAT, 0, 0)
                        .crowd(CAT, 100, 100, 50, 50)
                        .detect(CAT, 110, 110, 0.9)
                        .detect(CAT, 0, 0, 0.8)
                        .analyse()
                        .tide();
        assertThat(tide.averagePrecision()).isCloseTo(1, within(1e-12));
        assertThat(tide.errors()).allMatch(error -> error.count() == 0 && error.deltaAp() == 0);
    }

    @Test
    void withoutObjectsThePrecisionIsUndefined() throws CocoFormatException {
        TideErrors tide = new Scene().detect(CAT, 0, 0, 0.9).analyse().tide();
        assertThat(tide.averagePrecision()).isEqualTo(-1);
        assertThat(tide.of(BACKGROUND)).isEqualTo(new TideErrors.TideError(BACKGROUND, 1, 0));
    }

    @Test
    void withoutDetectionsAllIsLostToMissedObjects() throws CocoFormatException {
        TideErrors tide = new Scene().truth(CAT, 0, 0).truth(DOG, 50, 0).analyse().tide();
        assertThat(tide.averagePrecision()).isZero();
        assertThat(tide.of(MISSED)).isEqualTo(new TideErrors.TideError(MISSED, 2, 1));
        assertThat(tide.falseNegativeDeltaAp()).isEqualTo(1);
        assertThat(tide.falsePositiveDeltaAp()).isZero();
    }
}
