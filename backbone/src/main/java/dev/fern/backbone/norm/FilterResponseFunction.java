package dev.fern.backbone.norm;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.loop.Sums;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.List;

/**
 * Filter Response Normalization, an optional residual addition and an optional Thresholded Linear
 * Unit in one pass over memory (Singh &amp; Krishnan, CVPR 2020, equations 1 to 4):
 *
 * <pre>
 * nu2 = sum(x^2) / N,  r = 1 / sqrt(nu2 + eps),  y = gamma * x * r + beta [+ shortcut],  z = [max(y, tau)]
 * </pre>
 *
 * over the N = H * W responses of one channel of one image, a row; eps = 1e-6 [+ |learned eps|].
 * Inputs: x [N, C, H, W], gamma and beta [C]; then, where the block has them, the learned epsilon
 * [C], the shortcut [N, C, H, W] and tau [C]. Where y equals tau, the gradient goes to tau alone,
 * just as ReLU passes none at 0.
 */
final class FilterResponseFunction implements HostFunction {

    /** The constant that is added under the root, with the paper's value. */
    static final float MINIMUM_EPSILON = 1e-6f;

    /** The squared cosine between dy and x above which the terms of dx nearly cancel. */
    private static final double NEARLY_PARALLEL = 0.99;

    private final boolean learnsEpsilon;
    private final boolean addsShortcut;
    private final boolean thresholds;
    private int channels;
    private int rows;
    private int length;

    /** nu2 of every row, from the forward pass. */
    private double[] meanSquares;

    FilterResponseFunction(boolean learnsEpsilon, boolean addsShortcut, boolean thresholds) {
        this.learnsEpsilon = learnsEpsilon;
        this.addsShortcut = addsShortcut;
        this.thresholds = thresholds;
    }

    /** The inputs, or their gradients; null where the function has no such input. */
    private record Arguments(
            FloatBuffer x,
            FloatBuffer gamma,
            FloatBuffer beta,
            FloatBuffer epsilon,
            FloatBuffer shortcut,
            FloatBuffer tau) {}

    private Arguments arguments(List<FloatBuffer> buffers) {
        Iterator<FloatBuffer> next = buffers.iterator();
        return new Arguments(
                next.next(),
                next.next(),
                next.next(),
                learnsEpsilon ? next.next() : null,
                addsShortcut ? next.next() : null,
                thresholds ? next.next() : null);
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        channels = Math.toIntExact(x.get(1));
        rows = Math.toIntExact(x.get(0) * channels);
        length = Math.toIntExact(x.get(2) * x.get(3));
        Shape perChannel = new Shape(channels);
        for (Shape other : inputs) {
            if (!other.equals(x) && !other.equals(perChannel)) {
                throw new IllegalArgumentException(
                        "inputs of shapes " + x + " and " + other + " do not fit each other");
            }
        }
        return x;
    }

    private double epsilon(Arguments in, int channel) {
        return MINIMUM_EPSILON + (learnsEpsilon ? Math.abs(in.epsilon.get(channel)) : 0.0);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        Arguments in = arguments(inputs);
        meanSquares = new double[rows];
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] shortcut = new float[addsShortcut ? length : 0];
                    for (int row = from; row < to; row++) {
                        int c = row % channels;
                        int start = row * length;
                        in.x.get(start, x);
                        meanSquares[row] = Sums.dot(x, x) / length;
                        double r = 1 / Math.sqrt(meanSquares[row] + epsilon(in, c));
                        float scale = (float) (in.gamma.get(c) * r);
                        float shift = in.beta.get(c);
                        float tau = thresholds ? in.tau.get(c) : Float.NEGATIVE_INFINITY;
                        if (addsShortcut) {
                            in.shortcut.get(start, shortcut);
                            normaliseAndAdd(x, scale, shift, shortcut, tau);
                        } else {
                            normalise(x, scale, shift, tau);
                        }
                        output.put(start, x);
                    }
                });
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        Arguments in = arguments(inputs);
        Arguments gradient = arguments(inputGradients);
        double[] gammaGradients = new double[rows];
        double[] betaGradients = new double[rows];
        double[] epsilonGradients = new double[rows];
        double[] tauGradients = new double[rows];
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] dz = new float[length];
                    float[] dy = new float[length];
                    for (int row = from; row < to; row++) {
                        int c = row % channels;
                        int start = row * length;
                        double gamma = in.gamma.get(c);
                        double eps = epsilon(in, c);
                        double r = 1 / Math.sqrt(meanSquares[row] + eps);
                        in.x.get(start, x);
                        outputGradient.get(start, dz);
                        if (!thresholds) {
                            System.arraycopy(dz, 0, dy, 0, length);
                        } else if (addsShortcut) {
                            output.get(start, dy);
                            RowLoops.maskByOutput(dy, dz, in.tau.get(c));
                        } else {
                            RowLoops.maskByInput(
                                    x, (float) (gamma * r), in.beta.get(c), in.tau.get(c), dz, dy);
                        }
                        double dzSum = Sums.sum(dz);
                        double dySum = thresholds ? Sums.sum(dy) : dzSum;
                        double dyx = Sums.dot(dy, x);
                        gammaGradients[row] = dyx * r;
                        betaGradients[row] = dySum;
                        tauGradients[row] = dzSum - dySum;
                        if (learnsEpsilon) {
                            epsilonGradients[row] =
                                    -0.5 * gamma * r * r * r * dyx * Math.signum(in.epsilon.get(c));
                        }
                        if (addsShortcut) {
                            gradient.shortcut.put(start, dy);
                        }
                        double scale = gamma * r * r * r;
                        if (Sums.isExact(length)) {
                            combineCancelling(dy, x, scale, eps, meanSquares[row], dyx / length);
                        } else if (dyx * dyx
                                > NEARLY_PARALLEL * Sums.dot(dy, dy) * meanSquares[row] * length) {
                            double nu2 = Sums.exactDot(x, x) / length;
                            double meanDyX = Sums.exactDot(dy, x) / length;
                            combineCancelling(dy, x, scale, eps, nu2, meanDyX);
                        } else {
                            combine(dy, (float) (gamma * r), x, (float) (scale * dyx / length));
                        }
                        gradient.x.put(start, dy);
                    }
                });
        RowLoops.sumOverImages(gammaGradients, gradient.gamma);
        RowLoops.sumOverImages(betaGradients, gradient.beta);
        if (learnsEpsilon) {
            RowLoops.sumOverImages(epsilonGradients, gradient.epsilon);
        }
        if (thresholds) {
            RowLoops.sumOverImages(tauGradients, gradient.tau);
        }
    }

    // The loops below stand alone so that the JIT compiler vectorises each.

    private static void normalise(float[] x, float scale, float shift, float tau) {
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.max(x[i] * scale + shift, tau);
        }
    }

    private static void normaliseAndAdd(
            float[] x, float scale, float shift, float[] shortcut, float tau) {
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.max(x[i] * scale + shift + shortcut[i], tau);
        }
    }

    /**
     * Computes dx = gamma r (dy - x r^2 mean(dy x)) in float64, with 1 / r^2 = nu2 + eps multiplied
     * out. Where dy is along x, as on every map of one place, dy nu2 and x mean(dy x) cancel
     * exactly, and only eps leaves something of dy.
     *
     * @param scale gamma r^3
     */
    private static void combineCancelling(
            float[] dy, float[] x, double scale, double eps, double nu2, double meanDyX) {
        for (int i = 0; i < dy.length; i++) {
            dy[i] = (float) (scale * ((dy[i] * nu2 - x[i] * meanDyX) + eps * dy[i]));
        }
    }

    private static void combine(float[] dy, float ofDy, float[] x, float ofX) {
        for (int i = 0; i < dy.length; i++) {
            dy[i] = dy[i] * ofDy - x[i] * ofX;
        }
    }
}
