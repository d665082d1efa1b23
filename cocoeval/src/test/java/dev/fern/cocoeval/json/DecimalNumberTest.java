package dev.fern.cocoeval.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Compares with the JDK's own parser. */
class DecimalNumberTest {
    private int undecided;

    private void check(long mantissa, int exponent) {
        double nearest = DecimalNumber.nearest(mantissa, exponent);
        if (Double.isNaN(nearest)) {
            undecided++;
        } else {
            assertThat(nearest)
                    .as("%de%d", mantissa, exponent)
                    .isEqualTo(Double.parseDouble(mantissa + "e" + exponent));
        }
    }

    @Test
    void randomNumbersAreRoundedToTheNearest() {
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            check(random.nextLong() >>> 5 + random.nextInt(50), -random.nextInt(64) - 1);
        }
        assertThat(undecided).isLessThan(100);
    }

    @Test
    void numbersNextToTheMiddleBetweenTwoDoublesAreRoundedToTheNearest() {
        Random random = new Random(2);
        int checked = 0;
        while (checked < 100_000) {
            double number = Math.scalb(1 + random.nextDouble(), random.nextInt(60) - 50);
            RoundingMode mode = random.nextBoolean() ? RoundingMode.DOWN : RoundingMode.UP;
            BigDecimal nearMiddle =
                    new BigDecimal(number)
                            .add(new BigDecimal(Math.ulp(number) / 2))
                            .round(new MathContext(16 + random.nextInt(3), mode));
            if (nearMiddle.precision() <= 18) {
                check(nearMiddle.unscaledValue().longValueExact(), -nearMiddle.scale());
                checked++;
            }
        }
        assertThat(undecided).isLessThan(checked / 10);
    }

    @Test
    void floatsWrittenAsDoublesAreNeverLeftUndecided() {
        Random random = new Random(3);
        for (int i = 0; i < 200_000; i++) {
            double number = (float) (random.nextDouble() * Math.pow(10, random.nextInt(5) - 1));
            BigDecimal shortest = new BigDecimal(Double.toString(number));
            check(shortest.unscaledValue().longValueExact(), -shortest.scale());
        }
        assertThat(undecided).isZero();
    }

    @Test
    void exactMiddlesAreRoundedToEven() {
        for (long odd = (1L << 53) + 1; odd < (1L << 53) + 2000; odd += 2) {
            for (int exponent = -5; exponent <= 0; exponent++) {
                check(odd * (long) Math.pow(10, -Math.max(exponent, -1)), exponent);
            }
        }
    }
}
