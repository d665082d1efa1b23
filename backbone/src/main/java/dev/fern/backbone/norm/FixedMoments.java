package dev.fern.backbone.norm;

/**
 * Given mean and variance of each channel, the same for every image.
 *
 * @param means one a channel
 * @param variances one a channel
 * @param epsilon added to the variances
 */
record FixedMoments(double[] means, double[] variances, double epsilon) implements Standardizer {

    @Override
    public RowGroups groups(int images, int channels) {
        return RowGroups.ofChannels(images, channels);
    }

    @Override
    public boolean measures() {
        return false;
    }

    @Override
    public Standardization of(int group, double mean, double variance) {
        return Standardization.of(means[group], variances[group], epsilon);
    }
}
