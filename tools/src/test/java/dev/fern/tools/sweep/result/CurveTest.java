package dev.fern.tools.sweep.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CurveTest {

    @Test
    void theMeanGoesOnWithTheCurvesThatDo() {
        Curve mean =
                Curve.mean(
                        List.of(
                                new Curve(new double[] {2, 4}, new double[] {1, 3}),
                                new Curve(new double[] {2, 4, 6}, new double[] {3, 5, 7})));
        assertThat(mean.x()).containsExactly(2, 4, 6);
        assertThat(mean.y()).containsExactly(2, 4, 7);
    }
}
