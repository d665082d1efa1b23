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
        Arguments gradient = arguments(inputGradients);
        Gradients sums = new Gradients(new double[rows], new double[rows], new double[rows]);
        Backward pass = new Backward(arguments(inputs), output, outputGradient, gradient, sums);
        Parallel.forRows(groups.count(), (long) groups.size() * length, pass::groups);
        RowLoops.sumOverImages(sums.gamma, gradient.gamma);
        RowLoops.sumOverImages(sums.beta, gradient.beta);
        if (gradient.tau != null) {
            RowLoops.sumOverImages(sums.tau, gradient.tau);
        }
    }

    /** Each row's share in the gradients of its channel's parameters. */
    private record Gradients(double[] gamma, double[] beta, double[] tau) {}

    /** One backward pass. */
    private final class Backward {

        private final Arguments in;
        private final FloatBuffer output;
        private final FloatBuffer outputGradient;
        private final Arguments gradient;
        private final Gradients sums;

        Backward(
                Arguments in,
                FloatBuffer output,
                FloatBuffer outputGradient,
                Arguments gradient,
                Gradients sums) {
            this.in = in;
            this.output = output;
            this.outputGradient = outputGradient;
            this.gradient = gradient;
            this.sums = sums;
        }

        void groups(int from, int to) {
            float[] x = new float[length];
            float[] dz = new float[length];
            float[] dy = activation == Activation.NONE ? dz : new float[length];
            for (int group = from; group < to; group++) {
                Standardization s = standardizations[group];
                double gradientSum = 0;
                double centredSum = 0;
                for (int i = 0; i < groups.size(); i++) {
                    int row = groups.row(group, i);
                    readGradient(row, dz, dy);
                    in.x.get(row * length, x);
                    double sum = sums.beta[row];
                    double centred = Sums.dot(dy, x) - s.mean() * sum;
                    double gamma = in.gamma.get(row % channels);
                    sums.gamma[row] = centred * s.inverse() * s.r() + sum * s.d();
                    gradientSum += gamma * sum;
                    centredSum += gamma * centred;
                    if (!standardizer.measures()) {
                        RowLoops.scale(dy, (float) (gamma * s.inverse() * s.r()));
                    }
                    if (!hasOneMeasuredRow()) {
                        gradient.x.put(row * length, dy);
                    }
                }
                if (standardizer.measures()) {
                    passThroughMoments(group, x, dy, gradientSum, centredSum);
                }
            }
        }

        /** Makes dy of a row's dz, which is the shortcut's gradient, and adds both up. */
        private void readGradient(int row, float[] dz, float[] dy) {
            int start = row * length;
            outputGradient.get(start, dz);
            if (activation != Activation.NONE) {
                output.get(start, dy);
                RowLoops.maskThresholded(dy, dz, threshold(in, row % channels));
            }
            sums.beta[row] = Sums.sum(dy);
            if (in.tau != null) {
                sums.tau[row] = Sums.sum(dz) - sums.beta[row];
            }
            if (addsShortcut) {
                gradient.shortcut.put(start, dy);
            }
        }

        /**
         * dx = r / sigma (g - mean(g) - (x - mean) / sigma^2 mean(g (x - mean))) with g = gamma dy
         * and sigma^2 = var + eps, over a group whose dy stand where dx shall, or if it is but one
         * row in {@code dy}.
         */
        private void passThroughMoments(
                int group, float[] x, float[] dy, double gradientSum, double centredSum) {
            Standardization s = standardizations[group];
            double count = (double) groups.size() * length;
            double scale = s.inverse() * s.r();
            double slope = -scale * s.inverse() * s.inverse() * (centredSum / count);
            for (int i = 0; i < groups.size(); i++) {
                int row = groups.row(group, i);
                int start = row * length;
                if (!hasOneMeasuredRow()) {
                    in.x.get(start, x);
                    gradient.x.get(start, dy);
                }
                RowLoops.passThroughMoments(
                        dy,
                        in.gamma.get(row % channels),
                        gradientSum / count,
                        scale,
                        x,
                        s.mean(),
                        slope);
                gradient.x.put(start, dy);
            }
        }
    }
}
