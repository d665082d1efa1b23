package dev.fern.backbone.norm;

/** How one application of a normaliser standardises a map before the scale and shift. */
interface Standardizer {

    /** Returns which rows are standardised alike. */
    RowGroups groups(int images, int channels);

    /**
     * Returns whether mean and variance are those of the map itself, so that gradients pass through
     * them.
     */
    boolean measures();

    /** Returns what is added to measured variances. */
    double epsilon();

    /**
     * Returns how a group is standardised. Called once a group, by several threads.
     *
     * @param mean the group's mean, if this {@link #measures()}
     * @param variance the group's variance with the divisor N, likewise
     */
    Standardization of(int group, double mean, double variance);

    /**
     * Returns whether {@link #of} must be asked for every group even where the engine's operators
     * do the rest: because it corrects or takes note of what is measured.
     */
    default boolean observes() {
        return false;
    }

    /** Called after {@link #of} has been asked for every group. */
    default void applied() {}

    /**
     * xhat = (x - mean) * inverse * r + d. Where mean and inverse are measured the gradient passes
     * through them; it never does through r and d.
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
}
