package dev.fern.backbone.moment;

/**
 * The constants of xhat = (x - mean) * inverse * r + d. Where mean and inverse are measured, the
 * gradient passes through them; it never passes through r and d.
 *
 * @param mean of the group
 * @param inverse 1 / sqrt(var + eps)
 * @param r Batch Renormalization's correction of the scale; 1 elsewhere
 * @param d Batch Renormalization's correction of the mean; 0 elsewhere
 */
public record Standardization(double mean, double inverse, double r, double d) {

    /**
     * {@return the constants for given moments, without a correction}
     *
     * @param mean of the group
     * @param variance of the group
     * @param epsilon added to the variance
     */
    public static Standardization of(double mean, double variance, double epsilon) {
        return new Standardization(mean, 1 / Math.sqrt(variance + epsilon), 1, 0);
    }
}
