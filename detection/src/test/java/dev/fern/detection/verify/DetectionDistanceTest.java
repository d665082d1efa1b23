package dev.fern.detection.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.model.Detection;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.TinyDetectors;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetectionDistanceTest {

    private static final DetectionDistance DISTANCE =
            new DetectionDistance(new PostProcessing(0.25, 0.5, 1000, 3));

    private static final Detection CAT = TinyDetectors.detection(10, 20, 30, 40, 0, 0.875f);
    private static final Detection DOG = TinyDetectors.detection(100, 200, 300, 400, 1, 0.5f);

    private static void assertDistance(List<Detection> a, List<Detection> b, double expected) {
        assertThat(DISTANCE.between(a, b)).isCloseTo(expected, within(1e-7));
        assertThat(DISTANCE.between(b, a)).isCloseTo(expected, within(1e-7));
    }

    @Test
    void equalListsAreAtNoDistance() {
        assertDistance(List.of(CAT, DOG), List.of(CAT, DOG), 0);
        assertDistance(List.of(), List.of(), 0);
    }

    @Test
    void scoresAndCoordinatesCountTheLargerOfThem() {
        assertDistance(
                List.of(CAT), List.of(TinyDetectors.detection(10, 20, 30, 40, 0, 0.75f)), 0.125);
        // 3 pixels of 300 are more than 1/1024 of a score
        Detection moved = TinyDetectors.detection(100, 200, 303, 400, 1, 0.5f + 1f / 1024);
        assertThat(DISTANCE.between(List.of(DOG), List.of(moved))).isCloseTo(0.01, within(1e-7));
        Detection near = TinyDetectors.detection(0.5f, 0, 30, 40, 0, 0.875f);
        Detection nearer = TinyDetectors.detection(0.25f, 0, 30, 40, 0, 0.875f);
        assertDistance(List.of(near), List.of(nearer), 0.25);
    }

    @Test
    void orderDoesNotCount() {
        Detection other = TinyDetectors.detection(50, 60, 70, 80, 0, 0.875f);
        assertDistance(List.of(CAT, other), List.of(other, CAT), 0);
    }

    @Test
    void whatIsMissingCountsAsFarAsItWasFromTheScoreThreshold() {
        assertDistance(List.of(CAT, DOG), List.of(CAT), 0.5 - 0.25);
        assertDistance(List.of(CAT), List.of(), 0.875 - 0.25);
        Detection edge = TinyDetectors.detection(0, 0, 5, 5, 0, 0.25f + 1f / (1 << 20));
        assertDistance(List.of(CAT, edge), List.of(CAT), 1.0 / (1 << 20));
    }

    @Test
    void anotherCategoryIsAnotherObject() {
        Detection cow = TinyDetectors.detection(10, 20, 30, 40, 1, 0.875f);
        assertDistance(List.of(CAT), List.of(cow), 0.875 - 0.25);
    }

    @Test
    void oneOfAPairOfEqualsThatIsMissingIsMissed() {
        assertDistance(List.of(CAT, CAT), List.of(CAT), 0.875 - 0.25);
    }

    @Test
    void whatIsMissingInAFullListCountsAsFarAsItWasFromItsLast() {
        Detection last = TinyDetectors.detection(0, 0, 5, 5, 0, 0.4375f);
        Detection rival = TinyDetectors.detection(60, 60, 70, 70, 0, 0.46875f);
        assertDistance(List.of(CAT, DOG, rival), List.of(CAT, DOG, last), 0.46875 - 0.4375);
    }
}
