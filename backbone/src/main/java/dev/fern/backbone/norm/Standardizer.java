package dev.fern.backbone.norm;

import dev.fern.backbone.moment.MomentRule;
import dev.fern.backbone.moment.RowGroups;
import dev.fern.backbone.moment.Standardization;
import java.util.Arrays;

/**
 * The way in which one application of a normaliser standardises a map, before the scale and shift.
 */
interface Standardizer extends MomentRule {

    /** {@return the constant that is added to measured variances} */
    double epsilon();

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
