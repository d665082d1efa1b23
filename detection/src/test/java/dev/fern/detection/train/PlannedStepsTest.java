package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.recipe.CheckpointRule;
import dev.fern.detection.recipe.LoopSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three epochs of 7, 5 and 7 batches make, by threes, 3, 2 and 3 steps. */
class PlannedStepsTest {

    private static PlannedSteps plan(int epochs, long steps) {
        return new PlannedSteps(
                new LoopSettings(1, 3, epochs, steps, 0, 1, 0, new CheckpointRule(2, 0, 0)),
                epoch -> epoch % 2 == 0 ? 7 : 5);
    }

    private static Progress at(int epoch, int batch, long step) {
        return new Progress(epoch, batch, step, -1, 0);
    }

    @Test
    void batchesOfOneStepAreThoseOfOnePlace() {
        PlannedSteps plan = plan(3, 0);
        assertThat(plan.isOneStep(3, 5)).isTrue();
        assertThat(plan.isOneStep(2, 3)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, 8",
        "0, 3, 1, 7",
        "0, 4, 1, 7", // batch 3 was left out, and the second step is still to be taken
        "0, 7, 2, 5",
        "0, 9, 2, 5", // the epoch was longer when it began
        "1, 0, 1, 5",
        "1, 5, 4, 3",
        "2, 6, 4, 1",
        "2, 7, 4, 0",
        "3, 0, 4, 0",
        "3, 2, 5, 0",
    })
    void byEpochsWhatIsLeftGoesByTheEpochAndTheBatch(int epoch, int batch, long step, long left) {
        PlannedSteps plan = plan(3, 0);
        assertThat(plan.total()).isEqualTo(8);
        assertThat(plan.left(at(epoch, batch, step))).isEqualTo(left);
        assertThat(plan.isThrough(at(epoch, batch, step))).isEqualTo(epoch == 3);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 2, 0", "0, 6, 2", "1, 0, 3", "1, 4, 4", "2, 0, 5", "2, 6, 7"})
    void byEpochsTheScheduleGoesByTheEpochAndTheBatch(int epoch, int batch, long before) {
        assertThat(plan(3, 0).before(at(epoch, 0, 1), batch)).isEqualTo(before);
    }

    @Test
    void byStepsEverythingGoesByTheStepsTaken() {
        PlannedSteps plan = plan(0, 10);
        assertThat(plan.total()).isEqualTo(10);
        assertThat(plan.left(at(7, 3, 4))).isEqualTo(6);
        assertThat(plan.before(at(7, 3, 4), 5)).isEqualTo(4);
        assertThat(plan.isThrough(at(7, 0, 9))).isFalse();
        assertThat(plan.isThrough(at(7, 3, 10))).isFalse(); // its evaluation is to come
        assertThat(plan.isThrough(at(8, 0, 10))).isTrue();
    }
}
