package dev.fern.detection.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetinaNetLossTest {

    private static final int K = 3;

    private static final Anchors ANCHORS =
            new AnchorGenerator(
                            new AnchorParameters(
                                    List.of(16.0, 24.0, 32.0, 48.0, 64.0),
                                    List.of(1.0),
                                    List.of(0.5, 2.0),
                                    AnchorParameters.Rounding.NONE))
                    .generate(32, 64);

    /** Two boxes, none, one, and a tiny one that only low-quality matches reach. */
    private static final List<AnchorTargets> TARGETS =
            List.of(
                    targets(new float[] {2, 3, 20, 28, 30, 4, 60, 30}, 1, 0),
                    targets(new float[0]),
                    targets(new float[] {10, 2, 50, 30}, 2),
                    targets(new float[] {40, 20, 43, 22}, 0));

    private static AnchorTargets targets(float[] boxes, int... categories) {
        return AnchorTargets.assign(new Matcher(0.5f, 0.3f, true), ANCHORS, boxes, categories);
    }

    private static RetinaNetLoss loss(String box) {
        return new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse(box), 0.7, 1);
    }

    /** Logits and codes of some images, each image's own numbers wherever it stands in a batch. */
    private static List<HeadOutput> outputs(int... images) {
        List<HeadOutput> outputs = new ArrayList<>();
        for (int l = 0; l < ANCHORS.levels().size(); l++) {
            outputs.add(new HeadOutput(values(l, K, 1, images), values(l, 4, 2, images)));
        }
        return outputs;
    }

    private static float[] values(int l, int perAnchor, int kind, int... images) {
        Anchors.Level level = ANCHORS.levels().get(l);
        int length = ANCHORS.perLocation() * perAnchor * level.rows() * level.columns();
        float[] values = new float[images.length * length];
        for (int n = 0; n < images.length; n++) {
            Random random = new Random(1000L * kind + 10L * l + images[n]);
            for (int i = 0; i < length; i++) {
                values[n * length + i] = (float) random.nextGaussian() * (kind == 1 ? 2 : 0.5f);
            }
        }
        return values;
    }

    private static List<AnchorTargets> targetsOf(int... images) {
        List<AnchorTargets> chosen = new ArrayList<>();
        for (int image : images) {
            chosen.add(TARGETS.get(image));
        }
        return chosen;
    }

    @Test
    void fixtureHasEveryKindOfAnchor() {
        assertThat(TARGETS.get(0).labels()).contains(0, 1, Matcher.IGNORED, Matcher.BACKGROUND);
        assertThat(TARGETS.get(1).positives()).isEmpty();
        assertThat(TARGETS.get(3).positives()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"l1", "smooth-l1"})
    void lossIsThatOfTheDefinition(String box) {
        int[] images = {0, 1, 2, 3};
        DetectionLoss loss = loss(box).compute(K, outputs(images), ANCHORS, targetsOf(images));
        double beta = box.equals("l1") ? 0 : 1.0 / 9;
        double[] expected = defined(outputs(images), targetsOf(images), beta);
        assertThat(loss.classification()).isCloseTo(expected[0], within(1e-9 * expected[0]));
        assertThat(loss.regression()).isCloseTo(expected[1], within(1e-9 * expected[1]));
        assertThat(loss.positives())
                .isEqualTo(TARGETS.stream().mapToInt(t -> t.positives().length).sum());
    }

    /**
     * The loss written anchor by anchor over the concatenated levels, as the paper has it:
     * classification and regression, each the mean over images of sums over max(1, positives).
     */
    private static double[] defined(
            List<HeadOutput> outputs, List<AnchorTargets> targets, double beta) {
        double classification = 0;
        double regression = 0;
        for (int n = 0; n < targets.size(); n++) {
            double focal = 0;
            double box = 0;
            int positives = 0;
            int anchor = 0;
            for (int l = 0; l < outputs.size(); l++) {
                Anchors.Level level = ANCHORS.levels().get(l);
                for (int row = 0; row < level.rows(); row++) {
                    for (int column = 0; column < level.columns(); column++) {
                        for (int a = 0; a < ANCHORS.perLocation(); a++) {
                            int label = targets.get(n).labels()[anchor];
                            if (label != Matcher.IGNORED) {
                                for (int k = 0; k < K; k++) {
                                    float[] logits = outputs.get(l).logits();
                                    double x = logits[at(level, n, a, K, k, row, column)];
                                    double p = 1 / (1 + Math.exp(-x));
                                    focal +=
                                            k == label
                                                    ? -0.25 * (1 - p) * (1 - p) * Math.log(p)
                                                    : -0.75 * p * p * Math.log(1 - p);
                                }
                            }
                            if (label >= 0) {
                                for (int j = 0; j < 4; j++) {
                                    float[] codes = outputs.get(l).codes();
                                    double d = codes[at(level, n, a, 4, j, row, column)];
                                    d = Math.abs(d - targets.get(n).codes()[4 * positives + j]);
                                    box += d < beta ? d * d / (2 * beta) : d - beta / 2;
                                }
                                positives++;
                            }
                            anchor++;
                        }
                    }
                }
            }
            classification += focal / Math.max(1, positives) / targets.size();
            regression += box / Math.max(1, positives) / targets.size();
        }
        return new double[] {classification, regression};
    }

    /** Index into [N, H, W, A, perAnchor]. */
    private static int at(
            Anchors.Level level, int n, int a, int perAnchor, int j, int row, int column) {
        int place = (n * level.rows() + row) * level.columns() + column;
        return (place * ANCHORS.perLocation() + a) * perAnchor + j;
    }

    @ParameterizedTest
    @ValueSource(strings = {"l1", "smooth-l1", "giou"})
    void everyGradientIsTheSlopeOfTheLoss(String box) {
        int[] images = {0, 1, 3};
        RetinaNetLoss loss = loss(box);
        List<HeadOutput> outputs = outputs(images);
        List<AnchorTargets> targets = targetsOf(images);
        List<HeadOutput> gradients = loss.compute(K, outputs, ANCHORS, targets).gradients();
        int checked = 0;
        for (int l = 0; l < outputs.size(); l++) {
            assertThat(gradients.get(l).logits()).hasSameSizeAs(outputs.get(l).logits());
            assertThat(gradients.get(l).codes()).hasSameSizeAs(outputs.get(l).codes());
            checked +=
                    assertSlopes(
                            outputs.get(l).logits(),
                            gradients.get(l).logits(),
                            loss,
                            outputs,
                            targets);
            checked +=
                    assertSlopes(
                            outputs.get(l).codes(),
                            gradients.get(l).codes(),
                            loss,
                            outputs,
                            targets);
        }
        assertThat(checked).isGreaterThan(100);
    }

    private static int assertSlopes(
            float[] values,
            float[] gradient,
            RetinaNetLoss loss,
            List<HeadOutput> outputs,
            List<AnchorTargets> targets) {
        int nonZero = 0;
        for (int i = 0; i < values.length; i++) {
            double slope = slope(values, i, 1f / 128, loss, outputs, targets);
            if (Math.abs(slope - gradient[i]) > 2e-3 * Math.max(0.05, Math.abs(slope))) {
                // A kink within the step: it must be outside of a smaller one.
                slope = slope(values, i, 1f / 4096, loss, outputs, targets);
            }
            assertThat((double) gradient[i])
                    .as("element " + i)
                    .isCloseTo(slope, within(2e-3 * Math.max(0.05, Math.abs(slope))));
            nonZero += gradient[i] != 0 ? 1 : 0;
        }
        return nonZero;
    }

    private static double slope(
            float[] values,
            int i,
            float step,
            RetinaNetLoss loss,
            List<HeadOutput> outputs,
            List<AnchorTargets> targets) {
        float value = values[i];
        values[i] = value + step;
        double width = values[i];
        double up = total(loss, outputs, targets);
        values[i] = value - step;
        width -= values[i];
        double down = total(loss, outputs, targets);
        values[i] = value;
        return (up - down) / width;
    }

    private static double total(
            RetinaNetLoss loss, List<HeadOutput> outputs, List<AnchorTargets> targets) {
        DetectionLoss result = loss.compute(K, outputs, ANCHORS, targets);
        return result.classification() + 0.7 * result.regression();
    }

    @Test
    void ignoredAnchorsTakeNoPart() {
        List<HeadOutput> outputs = outputs(0);
        DetectionLoss before = loss("l1").compute(K, outputs, ANCHORS, targetsOf(0));
        int ignored = 0;
        for (int l = 0; l < outputs.size(); l++) {
            Anchors.Level level = ANCHORS.levels().get(l);
            for (int row = 0; row < level.rows(); row++) {
                for (int column = 0; column < level.columns(); column++) {
                    for (int a = 0; a < 2; a++) {
                        int anchor = level.first() + (row * level.columns() + column) * 2 + a;
                        if (TARGETS.get(0).labels()[anchor] == Matcher.IGNORED) {
                            for (int k = 0; k < K; k++) {
                                int at = at(level, 0, a, K, k, row, column);
                                assertThat(before.gradients().get(l).logits()[at]).isZero();
                                outputs.get(l).logits()[at] = Float.NaN;
                                ignored++;
                            }
                        }
                    }
                }
            }
        }
        assertThat(ignored).isPositive();
        DetectionLoss after = loss("l1").compute(K, outputs, ANCHORS, targetsOf(0));
        assertThat(after.classification()).isEqualTo(before.classification());
    }

    @Test
    void imageWithoutBoxesIsDividedByOneAndHasNoBoxLoss() {
        DetectionLoss loss = loss("l1").compute(K, outputs(1), ANCHORS, targetsOf(1));
        double sum = 0;
        for (HeadOutput output : outputs(1)) {
            for (float x : output.logits()) {
                double p = 1 / (1 + Math.exp(-x));
                sum -= 0.75 * p * p * Math.log(1 - p);
            }
        }
        assertThat(loss.classification()).isCloseTo(sum, within(1e-9 * sum));
        assertThat(loss.regression()).isZero();
        assertThat(loss.positives()).isZero();
        for (HeadOutput gradient : loss.gradients()) {
            assertThat(gradient.codes()).containsOnly(0);
        }
    }

    @Test
    void imageWithFewerPositivesThanTheMinimumIsDividedByTheMinimum() {
        int minimum = TARGETS.get(0).positives().length;
        assertThat(TARGETS.get(2).positives()).hasSizeBetween(1, minimum - 1);
        RetinaNetLoss floored =
                new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse("l1"), 0.7, minimum);
        for (int n = 0; n < 3; n++) {
            DetectionLoss plain = loss("l1").compute(K, outputs(n), ANCHORS, targetsOf(n));
            DetectionLoss loss = floored.compute(K, outputs(n), ANCHORS, targetsOf(n));
            double share = Math.max(1, TARGETS.get(n).positives().length) / (double) minimum;
            assertThat(loss.classification())
                    .isCloseTo(plain.classification() * share, within(1e-9));
            assertThat(loss.regression()).isCloseTo(plain.regression() * share, within(1e-9));
            float slope = plain.gradients().get(0).logits()[0];
            assertThat(loss.gradients().get(0).logits()[0])
                    .isCloseTo((float) (slope * share), within(1e-6f * Math.abs(slope)));
        }
    }

    @Test
    void lossAndGradientOfABatchAreTheMeansOfItsImages() {
        int[] images = {0, 1, 2, 3};
        RetinaNetLoss loss = loss("giou");
        DetectionLoss batch = loss.compute(K, outputs(images), ANCHORS, targetsOf(images));
        double classification = 0;
        double regression = 0;
        for (int n = 0; n < images.length; n++) {
            DetectionLoss own = loss.compute(K, outputs(n), ANCHORS, targetsOf(n));
            classification += own.classification() / images.length;
            regression += own.regression() / images.length;
            for (int l = 0; l < batch.gradients().size(); l++) {
                assertPart(batch.gradients().get(l).logits(), own.gradients().get(l).logits(), n);
                assertPart(batch.gradients().get(l).codes(), own.gradients().get(l).codes(), n);
            }
        }
        assertThat(batch.classification()).isCloseTo(classification, within(1e-12));
        assertThat(batch.regression()).isCloseTo(regression, within(1e-12));
    }

    /** The batch's gradient at image n is a quarter of the image's own. */
    private static void assertPart(float[] batch, float[] own, int n) {
        for (int i = 0; i < own.length; i++) {
            assertThat(batch[n * own.length + i] * 4)
                    .isCloseTo(own[i], within(1e-6f * Math.abs(own[i])));
        }
    }

    @Test
    void notANumberInAnOutputShowsInTheLoss() {
        List<HeadOutput> outputs = outputs(0, 2);
        Arrays.fill(outputs.get(0).logits(), Float.NaN);
        assertThat(loss("l1").compute(K, outputs, ANCHORS, targetsOf(0, 2)).classification())
                .isNaN();
    }
}
