package dev.fern.backbone.classification;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.backbone.NumericalGradient;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrossEntropyLossTest {

    /** Computes the loss by its definition: probabilities first, then their logarithms. */
    private static double reference(double[] logits, int[] labels, double smoothing) {
        int classes = logits.length / labels.length;
        double loss = 0;
        for (int n = 0; n < labels.length; n++) {
            double[] x = Arrays.copyOfRange(logits, n * classes, (n + 1) * classes);
            double sum = Arrays.stream(x).map(Math::exp).sum();
            for (int k = 0; k < classes; k++) {
                double q = (k == labels[n] ? 1 - smoothing : 0) + smoothing / classes;
                loss -= q * Math.log(Math.exp(x[k]) / sum) / labels.length;
            }
        }
        return loss;
    }

    private static float[] logits(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0.1", "1, 2, 0", "3, 5, 0", "3, 5, 0.1", "8, 1000, 0.1", "2, 7, 0.9"})
    void lossAndGradientAreThoseOfTheDefinition(int images, int classes, double smoothing) {
        float[] logits = logits(images * classes, images * 31L + classes);
        int[] labels = new SplittableRandom(classes).ints(images, 0, classes).toArray();
        ClassificationLoss loss = new CrossEntropyLoss(smoothing).compute(logits, labels);
        assertThat(loss.value())
                .isCloseTo(reference(widen(logits), labels, smoothing), within(1e-9));
        double[] expected =
                NumericalGradient.of(x -> reference(x, labels, smoothing), widen(logits));
        assertClose("gradient", loss.gradient(), expected, 1e-6, 1e-2);
    }

    @Test
    void evenLogitsCostTheLogarithmOfTheNumberOfClasses() {
        for (double smoothing : new double[] {0, 0.1}) {
            ClassificationLoss loss =
                    new CrossEntropyLoss(smoothing).compute(new float[6], new int[] {0, 2});
            assertThat(loss.value()).isCloseTo(Math.log(3), within(1e-12));
        }
    }

    @Test
    void withSmoothingTheTargetItselfIsTheMinimum() {
        // q is 0.85 + 0.15 / 3 for the true class and 0.15 / 3 for the others
        double[] q = {0.9, 0.05, 0.05};
        float[] logits = new float[3];
        for (int k = 0; k < 3; k++) {
            logits[k] = (float) Math.log(q[k]);
        }
        ClassificationLoss loss = new CrossEntropyLoss(0.15).compute(logits, new int[] {0});
        for (float slope : loss.gradient()) {
            assertThat(slope).isCloseTo(0, within(1e-7f));
        }
    }

    @Test
    void hugeLogitsCostWhatTheirDifferencesSay() {
        float[] logits = {1000, -1000, 999};
        ClassificationLoss right = new CrossEntropyLoss(0).compute(logits, new int[] {0});
        assertThat(right.value()).isCloseTo(Math.log(1 + Math.exp(-1)), within(1e-12));
        ClassificationLoss wrong = new CrossEntropyLoss(0).compute(logits, new int[] {1});
        assertThat(wrong.value()).isCloseTo(2000 + right.value(), within(1e-9));
        assertThat(wrong.gradient()[1]).isEqualTo(-1);
    }

    @Test
    void aBatchsGradientIsTheMeanOfItsImagesGradients() {
        CrossEntropyLoss loss = new CrossEntropyLoss(0.1);
        float[] logits = logits(12, 5);
        int[] labels = {3, 0, 2};
        float[] together = loss.compute(logits, labels).gradient();
        double sum = 0;
        for (int n = 0; n < 3; n++) {
            ClassificationLoss alone =
                    loss.compute(
                            Arrays.copyOfRange(logits, 4 * n, 4 * n + 4), new int[] {labels[n]});
            sum += alone.value();
            for (int k = 0; k < 4; k++) {
                assertThat(together[4 * n + k]).isCloseTo(alone.gradient()[k] / 3, within(1e-7f));
            }
        }
        assertThat(loss.compute(logits, labels).value()).isCloseTo(sum / 3, within(1e-12));
    }

    @Test
    void aLogitThatIsNoNumberMakesTheLossNone() {
        float[] logits = {0, Float.NaN, 1};
        assertThat(new CrossEntropyLoss(0.1).compute(logits, new int[] {0}).value()).isNaN();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, Double.NaN})
    void smoothingOutsideItsRangeIsRefused(double smoothing) {
        assertThatThrownBy(() -> new CrossEntropyLoss(smoothing))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label smoothing");
    }
}
