package dev.fern.backbone.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SumsTest {

    /** The part of the sum of magnitudes that float32 rounding of eight-fold additions may cost. */
    private static final double TOLERANCE = 5e-7;

    @Property(tries = 200)
    void sumsAndProductsMatchExactArithmetic(
            @ForAll long seed, @ForAll @IntRange(min = 0, max = 20_000) int length) {
        float[] a = normal(new SplittableRandom(seed), length);
        float[] b = normal(new SplittableRandom(seed + 1), length);
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal dot = BigDecimal.ZERO;
        double magnitudes = 0;
        double productMagnitudes = 0;
        for (int i = 0; i < length; i++) {
            sum = sum.add(new BigDecimal(a[i]));
            dot = dot.add(new BigDecimal(a[i]).multiply(new BigDecimal(b[i])));
            magnitudes += Math.abs(a[i]);
            productMagnitudes += Math.abs((double) a[i] * b[i]);
        }
        assertThat(Sums.sum(a)).isCloseTo(sum.doubleValue(), within(TOLERANCE * magnitudes));
        assertThat(Sums.dot(a, b))
                .isCloseTo(dot.doubleValue(), within(TOLERANCE * productMagnitudes));
    }

    @Test
    void wholeNumbersAreAddedExactlyAtEveryLength() {
        for (int length = 1; length < 5000; length += 7) {
            float[] a = new float[length];
            Arrays.fill(a, 3);
            assertThat(Sums.sum(a)).isEqualTo(3.0 * length);
            assertThat(Sums.dot(a, a)).isEqualTo(9.0 * length);
        }
    }

    @Test
    void squaresBeyondTheRangeOfFloat32AreAdded() {
        float[] a = new float[1000];
        Arrays.fill(a, 1e25f);
        double square = (double) a[0] * a[0];
        assertThat(Sums.dot(a, a)).isCloseTo(1000 * square, within(1e-12 * 1000 * square));
        Arrays.fill(a, Float.MAX_VALUE);
        assertThat(Sums.sum(a)).isEqualTo(1000.0 * Float.MAX_VALUE);
    }

    @Test
    void notANumberStaysSo() {
        float[] a = new float[1000];
        a[777] = Float.NaN;
        assertThat(Sums.sum(a)).isNaN();
        assertThat(Sums.dot(a, a)).isNaN();
    }

    private static float[] normal(SplittableRandom random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
