package dev.fern.backbone.norm;

import java.util.Arrays;

/**
 * The way in which one application of a normaliser standardises a map, before the scale and shift.
 */
interface Standardizer {

    /** {@return the groups of rows that are standardised alike} */
    RowGroups groups(int images, int channels);

    /**
     * {@return whether mean and variance are measured on the map itself, so that gradients pass
     * through them}
     */
    boolean measures();

    /** {@return the constant that is added to measured variances} */
    double epsilon();

    /**
     * {@return the way in which a group is standardised} It is called once per group, by several
     * threads. Where this {@link #measures()}, it must standardise by that mean and variance,
     * through which the gradient is led.
     *
     * @param mean the group's mean, if this {@link #measures()}; NaN otherwise
     * @param variance the group's variance with the divisor N, if this {@link #measures()}; NaN
     *     otherwise
     */
    Standardization of(int group, double mean, double variance);

    /**
     * {@return whether {@link #of} must be asked for every group even where the engine's operators
     * do the rest, because it corrects what is measured or takes note of it}
     */
    default boolean observes() {
        return false;
    }

    /** Is called after {@link #of} has been asked for every group. */
    default void applied() {}

    /**
     * The constants of xhat = (x - mean) * inverse * r + d. Where mean and inverse are measured,
     * the gradient passes through them; it never passes through r and d.
     *
     * @param inverse 1 / sqrt(var + eps)
     * @param r Batch Renormalization's correction of the scale; 1 elsewhere
     * @param d Batch Renormalization's correction of the mean; 0 elsewhere
     */
    record Standardization(double mean, double inverse, double r, double d) {

        static Standardization of(double mean, double variance, double epsilon) {
            return new Standardization(mean, 1 / Math.sqrt(variance + epsilon), 1, 0);
        }
    }

    /**
     * Which rows of an array [N, C, H, W] share their statistics. A row is one channel of one
     * image; row n * C + c belongs to channel c of image n.
     *
     * @param count number of groups
     * @param size rows per group
     * @param firstStep from the first row of a group to the first of the next one
     * @param step from a row of a group to its next one
     */
    record RowGroups(int count, int size, int firstStep, int step) {

        /** Groups neighbouring channels of each image, as Group Normalization does. */
        static RowGroups ofImages(int images, int channels, int groups) {
            return new RowGroups(images * groups, channels / groups, channels / groups, 1);
        }

        /** Groups the rows of each channel over all images, as Batch Normalization does. */
        static RowGroups ofChannels(int images, int channels) {
            return new RowGroups(channels, images, 1, channels);
        }

        int row(int group, int index) {
            return group * firstStep + index * step;
        }
    }

    /**
     * Standardises each channel by a given mean and variance, the same for every image.
     *
     * @param means one per channel
     * @param variances one per channel
     * @param epsilon added to the variances
     */
    record FixedMoments(double[] means, double[] variances, double epsilon)
            implements Standardizer {

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

    /**
     * Standardises by the moments of each channel over all images and places of a batch, and keeps
     * them for running averages.
     */
    abstract class BatchMoments implements Standardizer {

        private final double epsilon;
        private final long count;
        private final double[] means;
        private final double[] variances;

        /**
         * @param epsilon added to the variances
         * @param channels C
         * @param count values per channel: N * H * W
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

        /** {@return the way in which a channel of these moments is standardised} */
        abstract Standardization standardization(int channel, double mean, double variance);

        /** {@return whether there is more than one value per channel, and so a variance} */
        final boolean haveVariance() {
            return count > 1;
        }

        final double[] means() {
            return means;
        }

        /** {@return the variances with the divisor N - 1} */
        final double[] unbiasedVariances() {
            double correction = (double) count / (count - 1);
            return Arrays.stream(variances).map(variance -> variance * correction).toArray();
        }

        /** {@return sqrt(var + eps) with the divisor N} */
        final double[] deviations() {
            return Arrays.stream(variances)
                    .map(variance -> Math.sqrt(variance + epsilon))
                    .toArray();
        }
    }
}
