package dev.fern.detection.model;

import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.fpn.FeaturePyramid;
import dev.fern.backbone.norm.Normalization;
import java.util.Objects;
import java.util.Optional;

/**
 * The shape of a feature pyramid.
 *
 * @param pyramidChannels channels of its maps and of the heads' inner maps; 256 in the paper
 * @param p6 the map that P6 is made from
 * @param pyramidNorm its norm, without the activation, follows each lateral and output convolution;
 *     empty for none
 */
public record PyramidConfiguration(
        int pyramidChannels, FeaturePyramid.P6Source p6, Optional<Normalization> pyramidNorm) {

    /**
     * Checks the number of channels.
     *
     * @param pyramidChannels 1 to {@value FeatureMap#MAX_CHANNELS}
     * @param p6 not null
     * @param pyramidNorm empty for none, not null
     * @throws IllegalArgumentException if the number is out of its range
     */
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
