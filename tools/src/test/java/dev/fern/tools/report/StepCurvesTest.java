package dev.fern.tools.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.tools.report.StepCurves.StepNumbers;
import dev.fern.tools.report.StepCurves.Value;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StepCurvesTest {

    private static StepNumbers step(long step, double loss) {
        return new StepNumbers(step, loss, 2 * loss, 0.5, 4, 3, 0.25);
    }

    @Test
    void aShortTrainingIsKeptStepByStep() {
        StepCurves curves = new StepCurves();
        for (int step = 1; step <= StepCurves.MOST; step++) {
            curves.add(step(step, step));
        }
        assertThat(curves.steps()).hasSize(StepCurves.MOST).startsWith(1, 2, 3);
        assertThat(curves.means(Value.LOSS)).startsWith(3, 6, 9);
        assertThat(curves.images()).isEqualTo(3 * StepCurves.MOST);
        assertThat(curves.seconds()).isEqualTo(0.25 * StepCurves.MOST);
    }

    @Test
    void aLongTrainingIsKeptAsMeansOfNeighboursAndNothingIsLost() {
        for (int length : new int[] {2049, 4096, 4097, 10_000, 100_001}) {
            StepCurves curves = new StepCurves();
            for (int step = 1; step <= length; step++) {
                curves.add(step(step, step));
            }
            double[] steps = curves.steps();
            double[] means = curves.means(Value.CLASSIFICATION);
            assertThat(steps.length).isBetween(StepCurves.MOST / 2, StepCurves.MOST);
            double first = 1;
            for (int i = 0; i < steps.length; i++) {
                // the mean of the steps first to steps[i], each of which is its own loss
                assertThat(means[i]).isCloseTo((first + steps[i]) / 2, within(1e-6));
                first = steps[i] + 1;
            }
            assertThat(curves.lastStep()).isEqualTo(length);
            assertThat(curves.images()).isEqualTo(3L * length);
        }
    }

    @Test
    void whatIsNotFiniteCountsAsAbsent() {
        StepCurves curves = new StepCurves();
        for (int step = 1; step <= 2 * StepCurves.MOST; step++) {
            curves.add(step(step, step % 2 == 0 ? 7 : step < 5 ? Double.NaN : 9));
        }
        assertThat(curves.means(Value.CLASSIFICATION)).startsWith(7, 7, 8);
        StepCurves absent = new StepCurves();
        absent.add(step(1, Double.POSITIVE_INFINITY));
        assertThat(absent.means(Value.LOSS)).containsExactly(Double.NaN);
    }

    @Test
    void imagesAreCountedUpToAnyStep() {
        StepCurves curves = new StepCurves();
        assertThat(curves.imagesAt(5)).isZero();
        for (int step = 1; step <= 5000; step++) {
            curves.add(step(step, 1));
        }
        for (double step : new double[] {0, 1, 2, 17, 2500, 4999, 5000}) {
            assertThat(curves.imagesAt(step)).isCloseTo(3 * step, within(1e-9));
        }
        assertThat(curves.imagesAt(9999)).isEqualTo(15_000);
        assertThat(Arrays.stream(curves.steps()).max().orElseThrow()).isEqualTo(5000);
    }
}
