package dev.fern.detection.model;

import dev.fern.backbone.norm.Normalization;
import java.util.Objects;
import java.util.Optional;

/**
 * The shape of each of the two heads.
 *
 * @param headConvolutions 3x3 convolutions before the output, 0 to 64; 4 in the paper
 * @param headNorm what follows each of them; a ReLU alone where it is empty
 */
public record HeadConfiguration(int headConvolutions, Optional<Normalization> headNorm) {

    private static final int MAX_CONVOLUTIONS = 64;

    /** Checks the range. */
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
