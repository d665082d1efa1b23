package dev.fern.backbone.norm;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.host.Parallel;
import dev.fern.backbone.host.Sums;
import dev.fern.backbone.norm.Standardizer.Standardization;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.List;

/**
 * A normaliser by mean and variance, an optional residual addition and an activation in one pass:
 *
 * <pre>
 * xhat = (x - mean) / sqrt(var + eps) * r + d,  y = gamma * xhat + beta [+ shortcut],  z = activation(y)
 * </pre>
 *
 * with mean, var, r and d of each group of rows by a {@link Standardizer}. Inputs: x [N, C, H, W],
 * gamma and beta [C]; then, of those that there are, the shortcut [N, C, H, W] and TLU's tau [C].
 * Where y equals the threshold the gradient goes to tau, or with ReLU nowhere. Moments are summed
 * in float64, so that var = mean(x^2) - mean^2 is right for all but maps that float32 itself can't
 * tell from constant ones.
 */
final class StandardizationFunction implements HostFunction {

    private final Standardizer standardizer;
    private final boolean addsShortcut;
    private final Activation activation;
    private RowGroups groups;
    private int channels;
    private int rows;
    private int length;

    /** Of every group, from the forward pass. */
    private Standardization[] standardizations;

    StandardizationFunction(
            Standardizer standardizer, boolean addsShortcut, Activation activation) {
        this.standardizer = standardizer;
        this.addsShortcut = addsShortcut;
        this.activation = activation;
    }

    /** The inputs, or their gradients; null where the function has no such input. */
    private record Arguments(
            FloatBuffer x,
            FloatBuffer gamma,
            FloatBuffer beta,
            FloatBuffer shortcut,
            FloatBuffer tau) {}

    private Arguments arguments(List<FloatBuffer> buffers) {
        Iterator<FloatBuffer> next = buffers.iterator();
        return new Arguments(
                next.next(),
                next.next(),
                next.next(),
                addsShortcut ? next.next() : null,
                activation == Activation.TLU ? next.next() : null);
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        int images = Math.toIntExact(x.get(0));
        channels = Math.toIntExact(x.get(1));
        rows = Math.multiplyExact(images, channels);
        length = Math.toIntExact(x.get(2) * x.get(3));
        groups = standardizer.groups(images, channels);
        Shape perChannel = new Shape(channels);
        for (Shape other : inputs) {
            if (!other.equals(x) && !other.equals(perChannel)) {
                throw new IllegalArgumentException("an input of " + x + " meets one of " + other);
            }
        }
        return x;
    }

    private static float threshold(Arguments in, int channel) {
        return in.tau == null ? 0 : in.tau.get(channel);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        Arguments in = arguments(inputs);
        standardizations = new Standardization[groups.count()];
        Parallel.forRows(
                groups.count(),
                (long) groups.size() * length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] shortcut = new float[addsShortcut ? length : 0];
                    for (int group = from; group < to; group++) {
                        standardizations[group] = standardize(group, in.x, x);
                        for (int i = 0; i < groups.size(); i++) {
                            forward(group, groups.row(group, i), in, x, shortcut, output);
                        }
                    }
                });
    }

    /** Measures a group, which leaves its last row in {@code x}. */
    private Standardization standardize(int group, FloatBuffer values, float[] x) {
        if (!standardizer.measures()) {
            return standardizer.of(group, Double.NaN, Double.NaN);
        }
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < groups.size(); i++) {
            values.get(groups.row(group, i) * length, x);
            sum += Sums.sum(x);
            squares += Sums.dot(x, x);
        }
        double count = (double) groups.size() * length;
        double mean = sum / count;
        return standardizer.of(group, mean, Math.max(0, squares / count - mean * mean));
    }

    private void forward(
            int group, int row, Arguments in, float[] x, float[] shortcut, FloatBuffer output) {
        int c = row % channels;
        int start = row * length;
        if (!hasOneMeasuredRow()) {
            in.x.get(start, x);
        }
        Standardization s = standardizations[group];
        float centre = (float) s.mean();
        double scale = in.gamma.get(c) * s.inverse() * s.r();
        double shift = in.beta.get(c) + in.gamma.get(c) * s.d() + (centre - s.mean()) * scale;
        RowLoops.standardize(x, centre, (float) scale, (float) shift);
        if (addsShortcut) {
            in.shortcut.get(start, shortcut);
            RowLoops.add(x, shortcut);
        }
        if (activation != Activation.NONE) {
            RowLoops.threshold(x, threshold(in, c));
        }
        output.put(start, x);
    }

    /** Returns whether a group's only row is at hand from its first reading. */
    private boolean hasOneMeasuredRow() {
        return standardizer.measures() && groups.size() == 1;
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
        double[] tauGradients = new double[rows];
        Parallel.forRows(
                groups.count(),
                (long) groups.size() * length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] dz = new float[length];
                    float[] masked = new float[length];
                    float[] dy = activation == Activation.NONE ? dz : masked;
                    for (int group = from; group < to; group++) {
                        Standardization s = standardizations[group];
                        double gradientSum = 0;
                        double centredSum = 0;
                        for (int i = 0; i < groups.size(); i++) {
                            int row = groups.row(group, i);
                            int c = row % channels;
                            int start = row * length;
                            in.x.get(start, x);
                            outputGradient.get(start, dz);
                            if (activation != Activation.NONE) {
                                output.get(start, dy);
                                RowLoops.maskThresholded(dy, dz, threshold(in, c));
                            }
                            double sum = Sums.sum(dy);
                            double centred = Sums.dot(dy, x) - s.mean() * sum;
                            betaGradients[row] = sum;
                            gammaGradients[row] = centred * s.inverse() * s.r() + sum * s.d();
                            if (in.tau != null) {
                                tauGradients[row] = Sums.sum(dz) - sum;
                            }
                            if (addsShortcut) {
                                gradient.shortcut.put(start, dy);
                            }
                            gradientSum += in.gamma.get(c) * sum;
                            centredSum += in.gamma.get(c) * centred;
                            if (!standardizer.measures()) {
                                RowLoops.scale(dy, (float) (in.gamma.get(c) * s.inverse() * s.r()));
                            }
                            if (!hasOneMeasuredRow()) {
                                gradient.x.put(start, dy);
                            }
                        }
                        if (standardizer.measures()) {
                            passThroughMoments(
                                    group, in, gradient.x, x, dy, gradientSum, centredSum);
                        }
                    }
                });
        RowLoops.sumOverImages(gammaGradients, gradient.gamma);
        RowLoops.sumOverImages(betaGradients, gradient.beta);
        if (gradient.tau != null) {
            RowLoops.sumOverImages(tauGradients, gradient.tau);
        }
    }

    /**
     * dx = r / sigma (g - mean(g) - (x - mean) / sigma^2 mean(g (x - mean))) with g = gamma dy and
     * sigma^2 = var + eps, over a group whose dy stand in {@code gradient}.
     */
    private void passThroughMoments(
            int group,
            Arguments in,
            FloatBuffer gradient,
            float[] x,
            float[] dy,
            double gradientSum,
            double centredSum) {
        Standardization s = standardizations[group];
        double count = (double) groups.size() * length;
        double scale = s.inverse() * s.r();
        double ofX = -scale * s.inverse() * s.inverse() * (centredSum / count);
        double constant = -scale * (gradientSum / count) - ofX * s.mean();
        for (int i = 0; i < groups.size(); i++) {
            int row = groups.row(group, i);
            int start = row * length;
            if (!hasOneMeasuredRow()) {
                in.x.get(start, x);
                gradient.get(start, dy);
            }
            RowLoops.combine(dy, scale * in.gamma.get(row % channels), x, ofX, constant);
            gradient.put(start, dy);
        }
    }
}
