package dev.fern.backbone.norm;

import java.util.function.IntUnaryOperator;

/**
 * Normalisation by mean and variance in float64 as the papers define it: y = gamma * ((x - mean) /
 * sqrt(var + eps) * r + d) + beta, and its gradients by the chain rule through mean and variance
 * (Ioffe &amp; Szegedy, 2015, section 3). Arrays are [images, channels, places] in C order.
 *
 * @param count number of groups
 * @param groupOfRow the group whose moments a row, n * C + c, takes part in
 */
record MomentReference(
        int images,
        int channels,
        int places,
        double epsilon,
        int count,
        IntUnaryOperator groupOfRow) {

    /**
     * The reference for Group Normalization, whose moments are over neighbouring channels of one
     * image.
     */
    static MomentReference ofGroups(
            int images, int channels, int places, double epsilon, int groups) {
        return new MomentReference(
                images,
                channels,
                places,
                epsilon,
                images * groups,
                row -> row / channels * groups + row % channels / (channels / groups));
    }

    /** The reference for Batch Normalization, whose moments are over one channel of all images. */
    static MomentReference ofChannels(int images, int channels, int places, double epsilon) {
        return new MomentReference(
                images, channels, places, epsilon, channels, row -> row % channels);
    }

    /** The gradients of sum(y * dy). */
    record Gradients(double[] x, double[] gamma, double[] beta) {}

    /** Moments of each group. */
    record Moments(double[] means, double[] variances) {}

    /** Batch Renormalization's constants of each group. */
    record Correction(double[] r, double[] d) {}

    Moments moments(double[] x) {
        double[] means = new double[count];
        double[] variances = new double[count];
        int n = x.length / count;
        for (int i = 0; i < x.length; i++) {
            means[group(i)] += x[i] / n;
        }
        for (int i = 0; i < x.length; i++) {
            double centred = x[i] - means[group(i)];
            variances[group(i)] += centred * centred / n;
        }
        return new Moments(means, variances);
    }

    /** Computes y with the moments of x. */
    double[] forward(double[] x, double[] gamma, double[] beta) {
        return forward(x, gamma, beta, moments(x), null);
    }

    /**
     * Computes y with the moments of x, corrected.
     *
     * @param correction null for none
     */
    double[] forward(
            double[] x, double[] gamma, double[] beta, Moments moments, Correction correction) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = gamma[channel(i)] * xhat(x, i, moments, correction) + beta[channel(i)];
        }
        return y;
    }

    private double xhat(double[] x, int i, Moments moments, Correction correction) {
        int g = group(i);
        double plain = (x[i] - moments.means[g]) / Math.sqrt(moments.variances[g] + epsilon);
        return correction == null ? plain : plain * correction.r[g] + correction.d[g];
    }

    /**
     * Computes the gradients with the moments of x, through which they pass; r and d are constants.
     */
    Gradients backward(double[] x, double[] gamma, double[] dy, Correction correction) {
        Moments moments = moments(x);
        double[] dVariances = new double[count];
        double[] dMeans = new double[count];
        double[] dxhat = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int g = group(i);
            double v = moments.variances[g] + epsilon;
            dxhat[i] = dy[i] * gamma[channel(i)] * (correction == null ? 1 : correction.r[g]);
            dVariances[g] += dxhat[i] * (x[i] - moments.means[g]) * -0.5 * Math.pow(v, -1.5);
            dMeans[g] -= dxhat[i] / Math.sqrt(v);
        }
        int n = x.length / count;
        Gradients fixed = backwardFixed(x, gamma, dy, moments, correction);
        for (int i = 0; i < x.length; i++) {
            int g = group(i);
            fixed.x[i] =
                    dxhat[i] / Math.sqrt(moments.variances[g] + epsilon)
                            + dVariances[g] * 2 * (x[i] - moments.means[g]) / n
                            + dMeans[g] / n;
        }
        return fixed;
    }

    /** Computes the gradients with moments that are constants. */
    Gradients backwardFixed(
            double[] x, double[] gamma, double[] dy, Moments moments, Correction correction) {
        Gradients gradients =
                new Gradients(new double[x.length], new double[channels], new double[channels]);
        for (int i = 0; i < x.length; i++) {
            int g = group(i);
            gradients.x[i] = dy[i] * gamma[channel(i)] / Math.sqrt(moments.variances[g] + epsilon);
            gradients.gamma[channel(i)] += dy[i] * xhat(x, i, moments, correction);
            gradients.beta[channel(i)] += dy[i];
        }
        return gradients;
    }

    private int channel(int i) {
        return i / places % channels;
    }

    private int group(int i) {
        return groupOfRow.applyAsInt(i / places);
    }
}
