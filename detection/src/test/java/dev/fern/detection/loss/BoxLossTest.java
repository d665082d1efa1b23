package dev.fern.detection.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.anchor.BoxCoder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoxLossTest {

    private final double[] gradient = new double[4];

    @Test
    void l1IsTheSumOfDistances() {
        double loss = code(BoxLoss.parse("l1"), 0.5f, -2, 0, 3, 0.25f, 1, 0, 3.5f);
        assertThat(loss).isEqualTo(0.25 + 3 + 0 + 0.5);
        assertThat(gradient).containsExactly(1, -1, 0, -1);
    }

    @Test
    void smoothL1IsQuadraticBelowBetaAndLinearAbove() {
        // Distances of 0.25, 0.5, 0 and -2 with beta 0.5: 0.0625, 0.25, 0, 1.75.
        double loss = code(new BoxLoss.SmoothL1(0.5), 0.25f, 1, 2, -2, 0, 0.5f, 2, 0);
        assertThat(loss).isEqualTo(0.0625 + 0.25 + 0 + 1.75);
        assertThat(gradient).containsExactly(0.5, 1, 0, -1);
    }

    @ParameterizedTest(name = "beta {0}")
    @CsvSource({"0", "0.111", "1", "3"})
    void smoothL1MeetsItsDefinitionAndItsOwnSlope(double beta) {
        Random random = new Random(5);
        for (int trial = 0; trial < 300; trial++) {
            float[] p = gaussians(random);
            float[] t = gaussians(random);
            double loss = new BoxLoss.SmoothL1(beta).apply(p, t, 0, new float[4], 0, gradient);
            double expected = 0;
            for (int i = 0; i < 4; i++) {
                double d = Math.abs((double) p[i] - t[i]);
                expected += smooth(d, beta);
                if (d > 1e-5) {
                    double h = 1e-6;
                    double slope = (smooth(d + h, beta) - smooth(d - h, beta)) / (2 * h);
                    assertThat(gradient[i])
                            .isCloseTo(slope * Math.signum(p[i] - t[i]), within(1e-4));
                }
            }
            assertThat(loss).isCloseTo(expected, within(1e-12));
        }
    }

    /** The integral of min(x / beta, 1) from 0 to d. */
    private static double smooth(double d, double beta) {
        double quadratic = Math.min(d, beta);
        double linear = Math.max(0, d - beta);
        return (beta == 0 ? 0 : quadratic * quadratic / (2 * beta)) + linear;
    }

    private double code(
            BoxLoss loss,
            float p0,
            float p1,
            float p2,
            float p3,
            float t0,
            float t1,
            float t2,
            float t3) {
        float[] targets = {99, t0, t1, t2, t3};
        return loss.apply(
                new float[] {p0, p1, p2, p3}, targets, 1, new float[] {0, 0, 9, 9}, 0, gradient);
    }

    @Test
    void giouOfWholeBoxesIsThatOfTheirPixels() {
        Random random = new Random(6);
        for (int trial = 0; trial < 300; trial++) {
            int[] p = pixelBox(random);
            int[] t = pixelBox(random);
            int intersection = 0;
            int union = 0;
            int hull = 0;
            for (int y = 0; y < 32; y++) {
                for (int x = 0; x < 32; x++) {
                    boolean inP = x >= p[0] && x < p[2] && y >= p[1] && y < p[3];
                    boolean inT = x >= t[0] && x < t[2] && y >= t[1] && y < t[3];
                    boolean inHull =
                            x >= Math.min(p[0], t[0])
                                    && x < Math.max(p[2], t[2])
                                    && y >= Math.min(p[1], t[1])
                                    && y < Math.max(p[3], t[3]);
                    intersection += inP && inT ? 1 : 0;
                    union += inP || inT ? 1 : 0;
                    hull += inHull ? 1 : 0;
                }
            }
            double giou = (double) intersection / union - (double) (hull - union) / hull;
            float[] anchor = {3, 4, 13, 12};
            double loss =
                    new BoxLoss.GeneralizedIou()
                            .apply(encode(p, anchor), encode(t, anchor), 0, anchor, 0, gradient);
            assertThat(loss).isCloseTo(1 - giou, within(1e-5));
        }
    }

    private static int[] pixelBox(Random random) {
        int x = random.nextInt(20);
        int y = random.nextInt(20);
        return new int[] {x, y, x + 1 + random.nextInt(12), y + 1 + random.nextInt(12)};
    }

    private static float[] encode(int[] box, float[] anchor) {
        float[] corners = {box[0], box[1], box[2], box[3]};
        float[] code = new float[4];
        BoxCoder.encode(corners, 0, anchor, 0, code, 0);
        return code;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "disjoint,     10, 10, 20, 20,  40, 50, 60, 90",
        "side by side, 10, 10, 20, 20,  30, 12, 60, 40",
        "crossing,     10, 10, 30, 30,  20, 15, 50, 40",
        "a cross,      10, 20, 50, 30,  20, 10, 30, 50",
        "inside,       20, 20, 30, 30,  10, 12, 45, 40",
        "outside,      10, 12, 45, 40,  20, 20, 30, 30",
        "far,          0, 0, 5, 5,      1000, 900, 1300, 1000",
    })
    void giouSlopesAreThoseOfTheFormula(
            String name,
            float x1,
            float y1,
            float x2,
            float y2,
            float tx1,
            float ty1,
            float tx2,
            float ty2) {
        float[] anchor = {12, 8, 40, 30};
        float[] box = {x1, y1, x2, y2};
        float[] target = {tx1, ty1, tx2, ty2};
        float[] p = new float[4];
        float[] t = new float[4];
        BoxCoder.encode(box, 0, anchor, 0, p, 0);
        BoxCoder.encode(target, 0, anchor, 0, t, 0);
        assertGiou(p, t, anchor);
    }

    @Test
    void giouSlopesAreThoseOfTheFormulaOnRandomBoxes() {
        Random random = new Random(7);
        int checked = 0;
        for (int trial = 0; trial < 500; trial++) {
            float x = random.nextFloat() * 100;
            float y = random.nextFloat() * 100;
            float[] anchor = {
                x, y, x + 8 + random.nextFloat() * 60, y + 8 + random.nextFloat() * 60
            };
            float[] p = gaussians(random);
            float[] t = gaussians(random);
            if (!sidesCoincide(p, t)) {
                assertGiou(p, t, anchor);
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(400);
    }

    /** Whether the loss has a kink nearby: two sides in the same place, or just in touch. */
    private static boolean sidesCoincide(float[] p, float[] t) {
        for (int axis = 0; axis < 2; axis++) {
            for (double pEnd : interval(p[axis], p[axis + 2], 0, 1)) {
                for (double tEnd : interval(t[axis], t[axis + 2], 0, 1)) {
                    if (Math.abs(pEnd - tEnd) < 1e-3) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private void assertGiou(float[] p, float[] t, float[] anchor) {
        double loss = new BoxLoss.GeneralizedIou().apply(p, t, 0, anchor, 0, gradient);
        double[] code = {p[0], p[1], p[2], p[3]};
        assertThat(loss).isCloseTo(giouLoss(code, t, anchor), within(1e-5));
        for (int i = 0; i < 4; i++) {
            double h = 1e-5;
            double[] up = code.clone();
            double[] down = code.clone();
            up[i] += h;
            down[i] -= h;
            double slope = (giouLoss(up, t, anchor) - giouLoss(down, t, anchor)) / (2 * h);
            assertThat(gradient[i]).isCloseTo(slope, within(1e-3 * Math.max(0.1, Math.abs(slope))));
        }
    }

    /** 1 - GIoU in double precision, from centres and sides. */
    private static double giouLoss(double[] p, float[] t, float[] anchor) {
        double[] a = interval(p[0], p[2], anchor[0], anchor[2]);
        double[] b = interval(p[1], p[3], anchor[1], anchor[3]);
        double[] c = interval(t[0], t[2], anchor[0], anchor[2]);
        double[] d = interval(t[1], t[3], anchor[1], anchor[3]);
        double intersection = common(a, c) * common(b, d);
        double union = length(a) * length(b) + length(c) * length(d) - intersection;
        double hull =
                (Math.max(a[1], c[1]) - Math.min(a[0], c[0]))
                        * (Math.max(b[1], d[1]) - Math.min(b[0], d[0]));
        return 1 - intersection / union + (hull - union) / hull;
    }

    private static double[] interval(double shift, double logRatio, double from, double to) {
        double side = to - from;
        double centre = (from + to) / 2 + shift * side;
        double half = side * Math.exp(logRatio) / 2;
        return new double[] {centre - half, centre + half};
    }

    private static double length(double[] interval) {
        return interval[1] - interval[0];
    }

    private static double common(double[] a, double[] b) {
        return Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
    }

    @Test
    void giouOfEqualBoxesIsAtItsMinimum() {
        float[] anchor = {3, 4, 13, 12};
        float[] code = {0.25f, -0.5f, 0.125f, 0.3f};
        double loss = new BoxLoss.GeneralizedIou().apply(code, code, 0, anchor, 0, gradient);
        assertThat(loss).isCloseTo(0, within(1e-7));
        for (double slope : gradient) {
            assertThat(slope).isCloseTo(0, within(1e-7));
        }
    }

    @Test
    void giouBeyondTheLargestSidePullsNoMore() {
        float[] anchor = {0, 0, 10, 10};
        float[] huge = {40, 0.2f, 5, 6};
        double loss =
                new BoxLoss.GeneralizedIou().apply(huge, new float[4], 0, anchor, 0, gradient);
        assertThat(loss).isBetween(0.9, 2.0);
        assertThat(gradient[2]).isZero();
        assertThat(gradient[3]).isZero();
        assertThat(gradient[0]).isNotZero();
    }

    @Test
    void giouOfABoxWithoutAreaIsFinite() {
        float[] anchor = {0, 0, 10, 10};
        float[] point = {0.1f, 0.2f, -1e9f, -1e9f};
        double loss = new BoxLoss.GeneralizedIou().apply(point, point, 0, anchor, 0, gradient);
        assertThat(loss).isFinite();
        for (double slope : gradient) {
            assertThat(slope).isFinite();
        }
    }

    @Test
    void lossesAreFoundByName() {
        for (String name : new String[] {"l1", "smooth-l1", "giou"}) {
            assertThat(BoxLoss.parse(name).id()).isEqualTo(name);
        }
        assertThatThrownBy(() -> BoxLoss.parse("l2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'l2'")
                .hasMessageContaining("l1, smooth-l1, giou");
    }

    @ParameterizedTest(name = "beta {0}")
    @CsvSource({"-1", "NaN", "Infinity"})
    void smoothL1NeedsAUsableBeta(double beta) {
        assertThatThrownBy(() -> new BoxLoss.SmoothL1(beta))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("beta");
    }

    private static float[] gaussians(Random random) {
        float[] values = new float[4];
        for (int i = 0; i < 4; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
