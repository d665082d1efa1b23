package dev.fern.backbone.norm;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.loop.Sums;
import dev.fern.backbone.moment.RowGroups;
import dev.fern.backbone.moment.Standardization;
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
 * with mean, var, r and d of each group of rows from a {@link Standardizer}. Inputs: x [N, C, H,
 * W], gamma and beta [C]; then, where there are such inputs, the shortcut [N, C, H, W] and TLU's
 * tau [C]. Where y equals the threshold, the gradient goes to tau alone, or with ReLU nowhere. A
 * variance is summed up from rows less their means, so that it is as accurate for maps far from
 * zero as for others.
 */
final class StandardizationFunction implements HostFunction {

    /** Shorter rows are treated in float64: where few values cancel it takes that. */
    private static final int SHORT = 256;

    /** The part of the gradient's squares above which the terms of dx nearly cancel. */
    private static final double NEARLY_ALL = 0.99;

    private final Standardizer standardizer;
    private final boolean addsShortcut;
    private final Activation activation;
    private RowGroups groups;
    private int channels;
    private int rows;
    private int length;

    /** The way in which the forward pass standardised each group. */
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
                throw new IllegalArgumentException(
                        "inputs of shapes " + x + " and " + other + " do not fit each other");
            }
        }
        return x;
    }

    /** {@return the least value that z can have} */
    private float threshold(Arguments in, int channel) {
        return switch (activation) {
            case NONE -> Float.NEGATIVE_INFINITY;
            case RELU -> 0;
            case TLU -> in.tau.get(channel);
        };
    }

    /** The constants of (x - centre) * scale + shift, which is y less the shortcut. */
    private record Affine(float centre, float scale, float shift) {

        static Affine of(Standardization s, double gamma, double beta) {
            float centre = (float) s.mean();
            double scale = gamma * s.inverse() * s.r();
            double shift = beta + gamma * s.d() + (centre - s.mean()) * scale;
            return new Affine(centre, (float) scale, (float) shift);
        }
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

    /**
     * Measures a group.
     *
     * @param x scratch space for a row
     */
    private Standardization standardize(int group, FloatBuffer values, float[] x) {
        if (!standardizer.measures()) {
            return standardizer.of(group, Double.NaN, Double.NaN);
        }
        double[] means = new double[groups.size()];
        double mean = 0;
        double squares = 0;
        for (int i = 0; i < means.length; i++) {
            values.get(groups.row(group, i) * length, x);
            means[i] = Sums.sum(x) / length;
            if (length < SHORT) {
                squares += RowLoops.centredSquares(x, means[i]) / length;
            } else {
                float near = (float) means[i];
                RowLoops.subtract(x, near);
                double rest = Sums.sum(x) / length;
                means[i] = near + rest;
                squares += Sums.dot(x, x) / length - rest * rest;
            }
            mean += means[i] / means.length;
        }
        double variance = squares / means.length;
        for (double ofRow : means) {
            variance += (ofRow - mean) * (ofRow - mean) / means.length;
        }
        return standardizer.of(group, mean, Math.max(0, variance));
    }

    private void forward(
            int group, int row, Arguments in, float[] x, float[] shortcut, FloatBuffer output) {
        int c = row % channels;
        int start = row * length;
        Affine affine = Affine.of(standardizations[group], in.gamma.get(c), in.beta.get(c));
        float tau = threshold(in, c);
        in.x.get(start, x);
        if (addsShortcut) {
            in.shortcut.get(start, shortcut);
            RowLoops.standardizeAndAdd(x, affine.centre, affine.scale, affine.shift, shortcut, tau);
        } else {
            RowLoops.standardize(x, affine.centre, affine.scale, affine.shift, tau);
        }
        output.put(start, x);
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

    /** Each row's share of the gradients of its channel's parameters. */
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
                double squares = 0;
                for (int i = 0; i < groups.size(); i++) {
                    int row = groups.row(group, i);
                    double gamma = in.gamma.get(row % channels);
                    float centre = readRow(s, row, x, dz, dy);
                    double sum = sums.beta[row];
                    double centred;
                    if (length < SHORT) {
                        in.x.get(row * length, x);
                        centred = RowLoops.centredDot(dy, x, s.mean());
                    } else {
                        centred = Sums.dot(dy, x) + (centre - s.mean()) * sum;
                    }
                    sums.gamma[row] = centred * s.inverse() * s.r() + sum * s.d();
                    if (standardizer.measures()) {
                        gradientSum += gamma * sum;
                        centredSum += gamma * centred;
                        squares += gamma * gamma * Sums.dot(dy, dy);
                    } else {
                        RowLoops.multiply(dy, (float) (gamma * s.inverse() * s.r()));
                    }
                    gradient.x.put(row * length, dy);
                }
                if (standardizer.measures()) {
                    passThroughMoments(group, x, dy, gradientSum, centredSum, squares);
                }
            }
        }

        /**
         * Reads a row into x, dz and dy, and adds up dy and dz; dy is also the shortcut's gradient.
         *
         * @param x filled with the row less its centre
         * @return the centre
         */
        private float readRow(Standardization s, int row, float[] x, float[] dz, float[] dy) {
            int c = row % channels;
            int start = row * length;
            Affine affine = Affine.of(s, in.gamma.get(c), in.beta.get(c));
            in.x.get(start, x);
            RowLoops.subtract(x, affine.centre);
            outputGradient.get(start, dz);
            if (activation != Activation.NONE) {
                float tau = threshold(in, c);
                if (addsShortcut) {
                    output.get(start, dy);
                    RowLoops.maskByOutput(dy, dz, tau);
                } else {
                    RowLoops.maskByInput(x, affine.scale, affine.shift, tau, dz, dy);
                }
            }
            sums.beta[row] = Sums.sum(dy);
            if (activation == Activation.TLU) {
                sums.tau[row] = Sums.sum(dz) - sums.beta[row];
            }
            if (addsShortcut) {
                gradient.shortcut.put(start, dy);
            }
            return affine.centre;
        }

        /**
         * Computes dx = r / sigma (g - mean(g) - (x - mean) / sigma^2 mean(g (x - mean))) with g =
         * gamma dy and sigma^2 = var + eps, for a group whose dy lie where its dx are to be
         * written. Where g lies nearly all in its mean and along x, the three terms cancel but for
         * epsilon's share, as they do in every group of one or two values. They are then combined
         * in float64, from x itself.
         *
         * @param gradientSum sum of g
         * @param centredSum sum of g (x - mean)
         * @param squares sum of g^2
         */
        private void passThroughMoments(
                int group,
                float[] x,
                float[] dy,
                double gradientSum,
                double centredSum,
                double squares) {
            Standardization s = standardizations[group];
            double count = (double) groups.size() * length;
            double mean = gradientSum / count;
            double scale = s.inverse() * s.r();
            double along = centredSum * s.inverse() * s.inverse() / count;
            double slope = -scale * along;
            boolean cancelling =
                    length < SHORT
                            || gradientSum * mean + centredSum * along > NEARLY_ALL * squares;
            float centre = (float) s.mean();
            for (int i = 0; i < groups.size(); i++) {
                int row = groups.row(group, i);
                int start = row * length;
                double gamma = in.gamma.get(row % channels);
                in.x.get(start, x);
                gradient.x.get(start, dy);
                if (cancelling) {
                    RowLoops.combineCancelling(dy, gamma, mean, scale, x, s.mean(), slope);
                } else {
                    RowLoops.subtract(x, centre);
                    RowLoops.combine(
                            dy,
                            (float) (gamma * scale),
                            x,
                            (float) slope,
                            (float) ((centre - s.mean()) * slope - mean * scale));
                }
                gradient.x.put(start, dy);
            }
        }
    }
}
