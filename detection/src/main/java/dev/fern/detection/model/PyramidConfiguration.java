package dev.fern.detection.model;

import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.fpn.FeaturePyramid;
import dev.fern.backbone.norm.Normalization;
import java.util.Objects;
import java.util.Optional;

/**
 * The shape of a feature pyramid.
 *
 * @param pyramidChannels channels of its maps and of the heads, 1 to 16384; 256 in the paper
 * @param p6 from which map P6 is made
 * @param pyramidNorm whose norm follows each lateral and output convolution, if any
 */
public record PyramidConfiguration(
        int pyramidChannels, FeaturePyramid.P6Source p6, Optional<Normalization> pyramidNorm) {

    /** Checks the range. */
    public PyramidConfiguration {
        Objects.requireNonNull(p6, "p6");
        Objects.requireNonNull(pyramidNorm, "pyramidNorm");
        if (pyramidChannels < 1 || pyramidChannels > FeatureMap.MAX_CHANNELS) {
            throw new IllegalArgumentException(
                    "pyramid channels must be 1 to "
                            + FeatureMap.MAX_CHANNELS
                            + ", not "
                            + pyramidChannels);
        }
    }
}
