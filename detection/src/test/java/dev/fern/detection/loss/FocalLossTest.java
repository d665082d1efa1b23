package dev.fern.detection.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FocalLossTest {

    private static final MathContext DIGITS = new MathContext(40);

    @ParameterizedTest(name = "logit {0}")
    @ValueSource(doubles = {-12, -4.6, -1, -0.001, 0, 0.3, 1, 2.5, 8, 12})
    void lossIsThePapersFormula(double x) {
        // p = 1 / (1 + exp(-x)) to 40 digits; gamma = 2 is a square.
        BigDecimal e = exp(new BigDecimal(-x));
        BigDecimal p = BigDecimal.ONE.divide(BigDecimal.ONE.add(e), DIGITS);
        BigDecimal q = BigDecimal.ONE.subtract(p);
        BigDecimal positive = new BigDecimal("-0.25").multiply(q.pow(2)).multiply(log(p), DIGITS);
        BigDecimal negative = new BigDecimal("-0.75").multiply(p.pow(2)).multiply(log(q), DIGITS);
        FocalLoss focal = FocalLoss.retinaNet();
        assertThat(loss(focal, x, true))
                .isCloseTo(positive.doubleValue(), within(1e-10 * positive.doubleValue()));
        assertThat(loss(focal, x, false))
                .isCloseTo(negative.doubleValue(), within(1e-10 * negative.doubleValue()));
    }

    private static double loss(FocalLoss focal, double x, boolean positive) {
        return focal.apply(x, positive, new double[1]);
    }

    private static double slope(FocalLoss focal, double x, boolean positive) {
        double[] slope = new double[1];
        focal.apply(x, positive, slope);
        return slope[0];
    }

    /** The exponential's series, after halving the argument 20 times. */
    private static BigDecimal exp(BigDecimal x) {
        BigDecimal small = x.divide(BigDecimal.valueOf(1 << 20), DIGITS);
        BigDecimal term = BigDecimal.ONE;
        BigDecimal sum = BigDecimal.ONE;
        for (int i = 1; i < 30; i++) {
            term = term.multiply(small, DIGITS).divide(BigDecimal.valueOf(i), DIGITS);
            sum = sum.add(term);
        }
        return sum.pow(1 << 20, DIGITS);
    }

    /** Newton's iteration on exp(y) = x. */
    private static BigDecimal log(BigDecimal x) {
        BigDecimal y = new BigDecimal(Math.log(x.doubleValue()));
        for (int i = 0; i < 2; i++) {
            y = y.add(x.divide(exp(y), DIGITS), DIGITS).subtract(BigDecimal.ONE, DIGITS);
        }
        return y;
    }

    @ParameterizedTest(name = "alpha {0}, gamma {1}")
    @CsvSource({"0.25, 2", "0.5, 0", "0.9, 0.5", "0.1, 5", "1, 1", "0, 3"})
    void lossAndGradientFollowTheFormulaForAnyAlphaAndGamma(double alpha, double gamma) {
        FocalLoss focal = new FocalLoss(alpha, gamma);
        for (double x = -7; x <= 7; x += 0.37) {
            for (boolean positive : new boolean[] {true, false}) {
                double expected = formula(alpha, gamma, x, positive);
                assertThat(loss(focal, x, positive))
                        .isCloseTo(expected, within(1e-9 * Math.abs(expected)));
                double h = 1e-4;
                double slope =
                        (formula(alpha, gamma, x + h, positive)
                                        - formula(alpha, gamma, x - h, positive))
                                / (2 * h);
                assertThat(slope(focal, x, positive))
                        .isCloseTo(slope, within(1e-6 * Math.abs(slope) + 1e-9));
            }
        }
    }

    private static double formula(double alpha, double gamma, double x, boolean positive) {
        double p = 1 / (1 + Math.exp(-x));
        double pt = positive ? p : 1 - p;
        double alphaT = positive ? alpha : 1 - alpha;
        return -alphaT * Math.pow(1 - pt, gamma) * Math.log(pt);
    }

    @Test
    void gammaOfZeroIsWeightedCrossEntropy() {
        FocalLoss focal = new FocalLoss(0.5, 0);
        assertThat(loss(focal, 0, true)).isCloseTo(0.5 * Math.log(2), within(1e-15));
        assertThat(slope(focal, 0, true)).isCloseTo(-0.25, within(1e-15));
    }

    @ParameterizedTest(name = "logit +-{0}")
    @ValueSource(doubles = {40, 100, 745, 1e3, 1e4, 3e38})
    void lossAndGradientAreFiniteFarOut(double x) {
        for (FocalLoss focal : new FocalLoss[] {FocalLoss.retinaNet(), new FocalLoss(0.25, 0.5)}) {
            // Wrong by far: the loss is linear with the weight of its kind.
            assertThat(loss(focal, -x, true)).isCloseTo(0.25 * x, within(1e-12 * x));
            assertThat(loss(focal, x, false)).isCloseTo(0.75 * x, within(1e-12 * x));
            assertThat(slope(focal, -x, true)).isCloseTo(-0.25, within(1e-12));
            assertThat(slope(focal, x, false)).isCloseTo(0.75, within(1e-12));
            // Right by far: nothing is left.
            assertThat(loss(focal, x, true)).isBetween(0.0, 1e-20);
            assertThat(loss(focal, -x, false)).isBetween(0.0, 1e-20);
            assertThat(slope(focal, x, true)).isBetween(-1e-20, 0.0);
            assertThat(slope(focal, -x, false)).isBetween(0.0, 1e-20);
        }
    }

    @ParameterizedTest(name = "gamma {0}")
    @ValueSource(doubles = {2, 0, 0.5})
    void manyNegativesAreAsEachAlone(double gamma) {
        FocalLoss focal = new FocalLoss(0.25, gamma);
        double[] logits =
                DoubleStream.concat(
                                DoubleStream.of(
                                        0, -0.0, 1e-300, -1e-9, 700, -700, 1e4, -3e38, 3e38),
                                new SplittableRandom(1).doubles(2000, -40, 40))
                        .toArray();
        double[] slopes = logits.clone();
        double[] losses = new double[logits.length];
        focal.negatives(slopes, losses, new double[logits.length], logits.length);
        for (int i = 0; i < logits.length; i++) {
            double loss = loss(focal, logits[i], false);
            double slope = slope(focal, logits[i], false);
            assertThat(losses[i]).isCloseTo(loss, within(1e-12 * Math.abs(loss) + 1e-100));
            assertThat(slopes[i]).isCloseTo(slope, within(1e-12 * Math.abs(slope) + 1e-100));
        }
    }

    @ParameterizedTest(name = "logit {0}")
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void manyNegativesShowDamage(double logit) {
        double[] slopes = {-1, logit, 2};
        double[] losses = new double[3];
        FocalLoss.retinaNet().negatives(slopes, losses, new double[3], 3);
        assertThat(losses[1]).isEqualTo((Double) logit);
        assertThat(losses[0] + losses[2]).isFinite();
    }

    @ParameterizedTest(name = "alpha {0}, gamma {1}")
    @CsvSource({"-0.1, 2", "1.1, 2", "NaN, 2", "0.25, -1", "0.25, NaN", "0.25, Infinity"})
    void settingsOutOfRangeAreRefused(double alpha, double gamma) {
        assertThatThrownBy(() -> new FocalLoss(alpha, gamma))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("focal loss");
    }
}
