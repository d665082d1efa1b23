package dev.fern.backbone.norm;

import java.util.Arrays;

/**
 * The moments of each channel over all images and places of a batch, kept for running averages once
 * they are measured.
 */
abstract class BatchMoments implements Standardizer {

    private final double epsilon;
    private final long count;
    private final double[] means;
    private final double[] variances;

    /**
     * @param epsilon added to the variances
     * @param channels C
     * @param count values a channel: N * H * W
     */
    BatchMoments(double epsilon, int channels, long count) {
        this.epsilon = epsilon;
        this.count = count;
        means = new double[channels];
        variances = new double[channels];
    }

    @Override
    public final RowGroups groups(int images, int channels) {
        return RowGroups.ofChannels(images, channels);
    }

    @Override
    public final boolean measures() {
        return true;
    }

    @Override
    public final double epsilon() {
        return epsilon;
    }

    @Override
    public final boolean observes() {
        return true;
    }

    @Override
    public final Standardization of(int channel, double mean, double variance) {
        means[channel] = mean;
        variances[channel] = variance;
        return standardization(channel, mean, variance);
    }

    /** Returns how a channel of these moments is standardised. */
    abstract Standardization standardization(int channel, double mean, double variance);

    /** Returns whether there is more than one value a channel, and so a variance. */
    final boolean haveVariance() {
        return count > 1;
    }

    final double[] means() {
        return means;
    }

    /** Returns the variances with the divisor N - 1. */
    final double[] unbiasedVariances() {
        double correction = (double) count / (count - 1);
        return Arrays.stream(variances).map(variance -> variance * correction).toArray();
    }

    /** Returns sqrt(var + eps) with the divisor N. */
    final double[] deviations() {
        return Arrays.stream(variances).map(variance -> Math.sqrt(variance + epsilon)).toArray();
    }
}
