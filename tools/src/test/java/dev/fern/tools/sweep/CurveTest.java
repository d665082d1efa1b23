package dev.fern.tools.sweep;

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

    @Test
    void thinningKeepsTheLastValueAndNoneThatIsNotFinite() {
        double[] x = {1, 2, 3, 4, 5, 6, 7};
        double[] y = {1, 2, Double.NaN, 4, 5, 6, 7};
        Curve thinned = new Curve(x, y).thinned(4);
        assertThat(thinned.x()).containsExactly(1, 5, 7);
        assertThat(thinned.y()).containsExactly(1, 5, 7);
        assertThat(new Curve(x, y).thinned(100).x()).containsExactly(1, 2, 4, 5, 6, 7);
    }
}
