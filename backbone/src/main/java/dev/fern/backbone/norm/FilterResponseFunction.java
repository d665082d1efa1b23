package dev.fern.backbone.norm;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.host.Parallel;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Filter Response Normalization, an optional residual addition and an optional Thresholded Linear
 * Unit in one pass over memory (Singh &amp; Krishnan, CVPR 2020, equations 1 to 4):
 *
 * <pre>
 * nu2 = sum(x^2) / N,  r = 1 / sqrt(nu2 + eps),  y = gamma * x * r + beta [+ shortcut],  z = [max(y, tau)]
 * </pre>
 *
 * over the N = H * W responses of one channel of one image. Inputs: x [N, C, H, W], gamma, beta,
 * epsilon [C]; then the shortcut [N, C, H, W] if there is one, then tau [C] if there is one. Where
 * y equals tau the gradient goes to tau, as that of ReLU at 0 goes nowhere. Sums are kept in
 * double.
 */
final class FilterResponseFunction implements HostFunction {

    private final float minimumEpsilon;
    private final boolean hasShortcut;
    private final boolean hasThreshold;
    private int channels;
    private int rows;
    private int length;

    /** 1 / sqrt(nu2 + eps) of every row, from the forward pass. */
    private float[] inverseRms;

    /**
     * @param minimumEpsilon added to the magnitude of the epsilon input
     * @param hasShortcut whether a shortcut is added before the threshold
     * @param hasThreshold whether max(y, tau) is taken
     */
    FilterResponseFunction(float minimumEpsilon, boolean hasShortcut, boolean hasThreshold) {
        this.minimumEpsilon = minimumEpsilon;
        this.hasShortcut = hasShortcut;
        this.hasThreshold = hasThreshold;
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        channels = Math.toIntExact(x.get(1));
        rows = Math.toIntExact(x.get(0) * channels);
        length = Math.toIntExact(x.get(2) * x.get(3));
        return x;
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        FloatBuffer x = inputs.get(0);
        float[] gamma = values(inputs.get(1));
        float[] beta = values(inputs.get(2));
        float[] epsilon = values(inputs.get(3));
        FloatBuffer shortcut = hasShortcut ? inputs.get(4) : null;
        float[] tau = hasThreshold ? values(inputs.get(inputs.size() - 1)) : null;
        inverseRms = new float[rows];
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] xs = new float[length];
                    float[] added = hasShortcut ? new float[length] : null;
                    for (int row = from; row < to; row++) {
                        int c = row % channels;
                        x.get(row * length, xs);
                        double nu2 = sumOfSquares(xs) / length;
                        double eps = minimumEpsilon + (double) Math.abs(epsilon[c]);
                        float r = (float) (1 / Math.sqrt(nu2 + eps));
                        inverseRms[row] = r;
                        scaleAndShift(xs, gamma[c] * r, beta[c]);
                        if (hasShortcut) {
                            shortcut.get(row * length, added);
                            add(xs, added);
                        }
                        if (hasThreshold) {
                            threshold(xs, tau[c]);
                        }
                        output.put(row * length, xs);
                    }
                });
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        FloatBuffer x = inputs.get(0);
        float[] gamma = values(inputs.get(1));
        float[] epsilon = values(inputs.get(3));
        float[] tau = hasThreshold ? values(inputs.get(inputs.size() - 1)) : null;
        FloatBuffer xGradient = inputGradients.get(0);
        double[] gammaGradient = new double[rows];
        double[] betaGradient = new double[rows];
        double[] epsilonGradient = new double[rows];
        double[] tauGradient = new double[rows];
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] xs = new float[length];
                    float[] dy = new float[length];
                    float[] zs = hasThreshold ? new float[length] : null;
                    for (int row = from; row < to; row++) {
                        int c = row % channels;
                        x.get(row * length, xs);
                        outputGradient.get(row * length, dy);
                        if (hasThreshold) {
                            output.get(row * length, zs);
                            double total = sum(dy);
                            maskThresholded(dy, zs, tau[c]);
                            betaGradient[row] = sum(dy);
                            tauGradient[row] = total - betaGradient[row];
                        } else {
                            betaGradient[row] = sum(dy);
                        }
                        if (hasShortcut) {
                            inputGradients.get(4).put(row * length, dy);
                        }
                        double r = inverseRms[row];
                        double dyx = dot(dy, xs);
                        gammaGradient[row] = dyx * r;
                        epsilonGradient[row] =
                                -0.5 * gamma[c] * r * r * r * dyx * Math.signum(epsilon[c]);
                        // dx = gamma r (dy - x r^2 mean(dy x))
                        combine(
                                dy,
                                xs,
                                (float) (gamma[c] * r),
                                (float) (-gamma[c] * r * r * r * dyx / length));
                        xGradient.put(row * length, dy);
                    }
                });
        sumOverImages(gammaGradient, inputGradients.get(1));
        sumOverImages(betaGradient, inputGradients.get(2));
        sumOverImages(epsilonGradient, inputGradients.get(3));
        if (hasThreshold) {
            sumOverImages(tauGradient, inputGradients.get(inputGradients.size() - 1));
        }
    }

    private void sumOverImages(double[] perRow, FloatBuffer perChannel) {
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int row = c; row < rows; row += channels) {
                sum += perRow[row];
            }
            perChannel.put(c, (float) sum);
        }
    }

    private static float[] values(FloatBuffer buffer) {
        float[] values = new float[buffer.capacity()];
        buffer.get(0, values);
        return values;
    }

    // The loops below stand alone so that the JIT compiler vectorises each. Sums run in eight
    // float lanes over blocks short enough to lose nothing, and in double across blocks.

    private static final int BLOCK = 256;

    private static double sumOfSquares(float[] a) {
        return dot(a, a);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        int n = a.length;
        int i = 0;
        while (i + 8 <= n) {
            int end = Math.min(i + BLOCK, n - 7);
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            float s4 = 0;
            float s5 = 0;
            float s6 = 0;
            float s7 = 0;
            for (; i < end; i += 8) {
                s0 += a[i] * b[i];
                s1 += a[i + 1] * b[i + 1];
                s2 += a[i + 2] * b[i + 2];
                s3 += a[i + 3] * b[i + 3];
                s4 += a[i + 4] * b[i + 4];
                s5 += a[i + 5] * b[i + 5];
                s6 += a[i + 6] * b[i + 6];
                s7 += a[i + 7] * b[i + 7];
            }
            sum +=
                    ((double) s0 + s1)
                            + ((double) s2 + s3)
                            + ((double) s4 + s5)
                            + ((double) s6 + s7);
        }
        for (; i < n; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static double sum(float[] a) {
        double sum = 0;
        int n = a.length;
        int i = 0;
        while (i + 8 <= n) {
            int end = Math.min(i + BLOCK, n - 7);
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            float s4 = 0;
            float s5 = 0;
            float s6 = 0;
            float s7 = 0;
            for (; i < end; i += 8) {
                s0 += a[i];
                s1 += a[i + 1];
                s2 += a[i + 2];
                s3 += a[i + 3];
                s4 += a[i + 4];
                s5 += a[i + 5];
                s6 += a[i + 6];
                s7 += a[i + 7];
            }
            sum +=
                    ((double) s0 + s1)
                            + ((double) s2 + s3)
                            + ((double) s4 + s5)
                            + ((double) s6 + s7);
        }
        for (; i < n; i++) {
            sum += a[i];
        }
        return sum;
    }

    private static void scaleAndShift(float[] a, float scale, float shift) {
        for (int i = 0; i < a.length; i++) {
            a[i] = a[i] * scale + shift;
        }
    }

    private static void add(float[] a, float[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += b[i];
        }
    }

    private static void threshold(float[] a, float tau) {
        for (int i = 0; i < a.length; i++) {
            a[i] = Math.max(a[i], tau);
        }
    }

    private static void maskThresholded(float[] gradient, float[] z, float tau) {
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = z[i] > tau ? gradient[i] : 0f;
        }
    }

    private static void combine(float[] a, float[] b, float scaleA, float scaleB) {
        for (int i = 0; i < a.length; i++) {
            a[i] = a[i] * scaleA + b[i] * scaleB;
        }
    }
}
