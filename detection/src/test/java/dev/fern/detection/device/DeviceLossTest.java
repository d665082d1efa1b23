package dev.fern.detection.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The device's losses and their gradients against float64. */
class DeviceLossTest extends TrainingScriptTest {

    private static final int PER_LOCATION = 2;
    private static final double ALPHA = 0.3;
    private static final double WEIGHT = 1.5;

    /** What goes into a loss; the first dimension of all arrays is the image. */
    private record Case(
            int categories,
            int[][] sides,
            float[][] logits,
            float[][] codes,
            int[][] labels,
            float[][] targets,
            float[] anchors) {

        static Case random(
                long seed, int images, int categories, int[][] sides, boolean positives) {
            Random random = new Random(seed);
            int anchors = 0;
            for (int[] side : sides) {
                anchors += side[0] * side[1] * PER_LOCATION;
            }
            float[] boxes = new float[4 * anchors];
            for (int a = 0; a < anchors; a++) {
                boxes[4 * a] = 100 * random.nextFloat();
                boxes[4 * a + 1] = 100 * random.nextFloat();
                boxes[4 * a + 2] = boxes[4 * a] + 8 + 60 * random.nextFloat();
                boxes[4 * a + 3] = boxes[4 * a + 1] + 8 + 60 * random.nextFloat();
            }
            float[][] logits = new float[images][anchors * categories];
            float[][] codes = new float[images][anchors * 4];
            float[][] targets = new float[images][anchors * 4];
            int[][] labels = new int[images][anchors];
            for (int n = 0; n < images; n++) {
                for (int i = 0; i < logits[n].length; i++) {
                    logits[n][i] = (float) (4 * random.nextGaussian() - 2);
                }
                for (int i = 0; i < codes[n].length; i++) {
                    codes[n][i] = (float) random.nextGaussian();
                    targets[n][i] = (float) random.nextGaussian();
                }
                for (int a = 0; a < anchors; a++) {
                    int kind = random.nextInt(6);
                    labels[n][a] =
                            kind == 0 && positives
                                    ? random.nextInt(categories)
                                    : kind == 1 ? -2 : -1;
                }
            }
            return new Case(categories, sides, logits, codes, labels, targets, boxes);
        }

        int anchorCount() {
            return anchors.length / 4;
        }

        double imageWeight(int n, double minPositives) {
            int own = 0;
            for (int label : labels[n]) {
                own += label >= 0 ? 1 : 0;
            }
            return 1 / Math.max(minPositives, own);
        }

        /** Lays values [anchors, last] of all images out as a level's output [N, C, H, W]. */
        float[] level(float[][] values, int level, int last) {
            int first = 0;
            for (int l = 0; l < level; l++) {
                first += sides[l][0] * sides[l][1] * PER_LOCATION;
            }
            int places = sides[level][0] * sides[level][1];
            int channels = PER_LOCATION * last;
            float[] output = new float[values.length * channels * places];
            for (int n = 0; n < values.length; n++) {
                for (int c = 0; c < channels; c++) {
                    for (int p = 0; p < places; p++) {
                        output[(n * channels + c) * places + p] =
                                values[n][first * last + p * channels + c];
                    }
                }
            }
            return output;
        }
    }

    /** FL = -alpha_t (1 - p_t)^gamma log p_t, as the paper writes it. */
    private static double focal(double x, boolean positive, double gamma) {
        double p = 1 / (1 + Math.exp(positive ? -x : x)); // p_t
        double q = 1 / (1 + Math.exp(positive ? x : -x));
        return -(positive ? ALPHA : 1 - ALPHA) * Math.pow(q, gamma) * Math.log(p);
    }

    private static double smooth(double d, double beta) {
        double a = Math.abs(d);
        return a < beta ? a * a / (2 * beta) : a - beta / 2;
    }

    private static double[] interval(double shift, double logRatio, double from, double to) {
        double side = to - from;
        double centre = (from + to) / 2 + shift * side;
        double half = side * Math.exp(Math.min(logRatio, Math.log(1000.0 / 16))) / 2;
        return new double[] {centre - half, centre + half};
    }

    private static double giou(double[] p, float[] targets, float[] anchors, int at) {
        double common = 1;
        double hull = 1;
        double own = 1;
        double its = 1;
        for (int axis = 0; axis < 2; axis++) {
            double from = anchors[at + axis];
            double to = anchors[at + 2 + axis];
            double[] a = interval(p[axis], p[2 + axis], from, to);
            double[] b = interval(targets[at + axis], targets[at + 2 + axis], from, to);
            common *= Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
            hull *= Math.max(a[1], b[1]) - Math.min(a[0], b[0]);
            own *= a[1] - a[0];
            its *= b[1] - b[0];
        }
        double union = own + its - common;
        return 1 - common / union + (hull - union) / hull;
    }

    private static double box(double beta, double[] p, float[] targets, float[] anchors, int at) {
        if (beta < 0) {
            return giou(p, targets, anchors, at);
        }
        double loss = 0;
        for (int i = 0; i < 4; i++) {
            loss += smooth(p[i] - targets[at + i], beta);
        }
        return loss;
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 2, 3, true",
        "0, 2, 1, true",
        "0.111, 1.5, 3, true",
        "-1, 0, 2, true",
        "-1, 2, 1, false",
        "0, 3, 3, false"
    })
    void lossesAndAllGradientsAreThoseOfTheFormulas(
            double beta, double gamma, int categories, boolean positives) {
        int[][] sides = {{4, 6}, {2, 3}, {1, 1}};
        for (int images = 1; images <= 3; images++) {
            Case drawn = Case.random(images, images, categories, sides, positives);
            check(drawn, beta, gamma, 2);
        }
        check(Case.random(9, 1, categories, new int[][] {{1, 1}}, positives), beta, gamma, 1);
    }

    private void check(Case drawn, double beta, double gamma, double minPositives) {
        int images = drawn.logits.length;
        int anchors = drawn.anchorCount();
        List<NDArray> logits = leaves(drawn, drawn.logits, drawn.categories);
        List<NDArray> codes = leaves(drawn, drawn.codes, 4);
        List<Float> packed = new ArrayList<>();
        List<Float> targets = new ArrayList<>();
        for (int[] labels : drawn.labels) {
            for (int label : labels) {
                packed.add((float) label);
            }
        }
        for (int n = 0; n < images; n++) {
            for (int a = 0; a < anchors; a++) {
                if (drawn.labels[n][a] >= 0) {
                    packed.add((float) n);
                    packed.add((float) a);
                    for (int j = 0; j < 4; j++) {
                        targets.add(drawn.targets[n][4 * a + j]);
                    }
                }
            }
        }
        packed.addAll(targets);
        float[] values = new float[packed.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = packed.get(i);
        }
        NDArray numbers = manager.zeros(new Shape(2, 3));
        script.call(
                manager,
                "backward",
                logits,
                codes,
                manager.create(values),
                manager.create(drawn.anchors, new Shape(anchors, 4)),
                ALPHA,
                gamma,
                beta,
                WEIGHT,
                minPositives,
                numbers,
                1L);

        double classification = 0;
        double regression = 0;
        float[][] ofLogits = new float[images][drawn.logits[0].length];
        float[][] ofCodes = new float[images][drawn.codes[0].length];
        for (int n = 0; n < images; n++) {
            double weight = drawn.imageWeight(n, minPositives);
            for (int a = 0; a < anchors; a++) {
                int label = drawn.labels[n][a];
                for (int k = 0; k < drawn.categories && label != -2; k++) {
                    int i = a * drawn.categories + k;
                    double x = drawn.logits[n][i];
                    classification += weight * focal(x, k == label, gamma);
                    double h = 1e-4;
                    ofLogits[n][i] =
                            (float)
                                    (weight
                                            * (focal(x + h, k == label, gamma)
                                                    - focal(x - h, k == label, gamma))
                                            / (2 * h));
                }
                if (label >= 0) {
                    double[] p = new double[4];
                    for (int j = 0; j < 4; j++) {
                        p[j] = drawn.codes[n][4 * a + j];
                    }
                    regression += weight * box(beta, p, drawn.targets[n], drawn.anchors, 4 * a);
                    for (int j = 0; j < 4; j++) {
                        double h = 1e-6;
                        double[] up = p.clone();
                        double[] down = p.clone();
                        up[j] += h;
                        down[j] -= h;
                        ofCodes[n][4 * a + j] =
                                (float)
                                        (weight
                                                * WEIGHT
                                                * (box(
                                                                beta,
                                                                up,
                                                                drawn.targets[n],
                                                                drawn.anchors,
                                                                4 * a)
                                                        - box(
                                                                beta,
                                                                down,
                                                                drawn.targets[n],
                                                                drawn.anchors,
                                                                4 * a))
                                                / (2 * h));
                    }
                }
            }
        }
        float[] found = numbers.toFloatArray();
        assertThat(found[3])
                .isCloseTo((float) classification, within((float) (2e-6 * classification)));
        assertThat(found[4])
                .isCloseTo((float) regression, within((float) (1e-6 * regression + 1e-6)));
        for (int l = 0; l < drawn.sides.length; l++) {
            assertGradient(logits.get(l), drawn.level(ofLogits, l, drawn.categories), 1e-5);
            assertGradient(codes.get(l), drawn.level(ofCodes, l, 4), 1e-5);
        }
    }

    private List<NDArray> leaves(Case drawn, float[][] values, int last) {
        List<NDArray> leaves = new ArrayList<>();
        for (int l = 0; l < drawn.sides.length; l++) {
            NDArray leaf =
                    manager.create(
                            drawn.level(values, l, last),
                            new Shape(
                                    values.length,
                                    PER_LOCATION * last,
                                    drawn.sides[l][0],
                                    drawn.sides[l][1]));
            leaf.setRequiresGradient(true);
            leaves.add(leaf);
        }
        return leaves;
    }

    private static void assertGradient(NDArray leaf, float[] expected, double tolerance) {
        float[] found = leaf.getGradient().toFloatArray();
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i])
                    .as("element %d", i)
                    .isCloseTo(
                            expected[i], within(tolerance * Math.max(0.1, Math.abs(expected[i]))));
        }
    }
}
