package dev.fern.backbone.norm;

/**
 * The normalisations of the form (x - mean) / sqrt(var + eps) * gamma + beta in float64, as their
 * papers define them. Arrays are [images, channels, places] in C order.
 */
record AffineNormalization(int images, int channels, int places, double epsilon) {

    /** Group Normalization: moments over a group's channels of one image. */
    double[] group(int groups, double[] x, double[] gamma, double[] beta) {
        int length = channels / groups * places;
        double[] y = new double[x.length];
        for (int first = 0; first < x.length; first += length) {
            double mean = 0;
            for (int i = first; i < first + length; i++) {
                mean += x[i] / length;
            }
            double variance = 0;
            for (int i = first; i < first + length; i++) {
                variance += (x[i] - mean) * (x[i] - mean) / length;
            }
            for (int i = first; i < first + length; i++) {
                y[i] = apply(x[i], mean, variance, gamma[channel(i)], beta[channel(i)]);
            }
        }
        return y;
    }

    /** Batch Normalization in training: moments over a channel of all images. */
    double[] batch(double[] x, double[] gamma, double[] beta) {
        return fixed(x, means(x), variances(x), gamma, beta);
    }

    /** Batch Normalization with given moments of each channel. */
    double[] fixed(double[] x, double[] means, double[] variances, double[] gamma, double[] beta) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = channel(i);
            y[i] = apply(x[i], means[c], variances[c], gamma[c], beta[c]);
        }
        return y;
    }

    double[] means(double[] x) {
        double[] means = new double[channels];
        for (int i = 0; i < x.length; i++) {
            means[channel(i)] += x[i] / (images * places);
        }
        return means;
    }

    /** The variances with the divisor N of each channel. */
    double[] variances(double[] x) {
        double[] means = means(x);
        double[] variances = new double[channels];
        for (int i = 0; i < x.length; i++) {
            double centred = x[i] - means[channel(i)];
            variances[channel(i)] += centred * centred / (images * places);
        }
        return variances;
    }

    private double apply(double x, double mean, double variance, double gamma, double beta) {
        return (x - mean) / Math.sqrt(variance + epsilon) * gamma + beta;
    }

    private int channel(int i) {
        return i / places % channels;
    }
}
