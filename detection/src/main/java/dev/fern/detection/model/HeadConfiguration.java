package dev.fern.detection.model;

import dev.fern.backbone.norm.Normalization;
import java.util.Objects;
import java.util.Optional;

/**
 * The shape of each of the two heads.
 *
 * @param headConvolutions number of 3x3 convolutions before the output; 4 in the paper
 * @param headNorm the norm and activation after each of them; where it is empty, a ReLU alone
 */
public record HeadConfiguration(int headConvolutions, Optional<Normalization> headNorm) {

    private static final int MAX_CONVOLUTIONS = 64;

    /**
     * Checks the number of convolutions.
     *
     * @param headConvolutions 0 to 64
     * @param headNorm empty for none, not null
     * @throws IllegalArgumentException if the number is out of its range
     */
    public HeadConfiguration {
        Objects.requireNonNull(headNorm, "headNorm");
        if (headConvolutions < 0 || headConvolutions > MAX_CONVOLUTIONS) {
            throw new IllegalArgumentException(
                    "head convolutions must be 0 to "
                            + MAX_CONVOLUTIONS
                            + ", not "
                            + headConvolutions);
        }
    }
}
