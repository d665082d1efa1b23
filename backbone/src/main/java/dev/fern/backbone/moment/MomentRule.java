package dev.fern.backbone.moment;

/** Which rows of a map are standardised alike, and how. */
public interface MomentRule {

    /**
     * {@return the groups of rows that are standardised alike}
     *
     * @param images N
     * @param channels C
     */
    RowGroups groups(int images, int channels);

    /**
     * {@return whether mean and variance are measured on the map itself, so that gradients pass
     * through them}
     */
    boolean measures();

    /**
     * {@return the way in which a group is standardised} It is called once per group, perhaps by
     * several threads. Where this {@link #measures()}, it must standardise by that mean and
     * variance, through which the gradient is led.
     *
     * @param group 0 to the number of groups - 1
     * @param mean the group's mean, if this {@link #measures()}; NaN otherwise
     * @param variance the group's variance with the divisor N, if this {@link #measures()}; NaN
     *     otherwise
     */
    Standardization of(int group, double mean, double variance);
}
