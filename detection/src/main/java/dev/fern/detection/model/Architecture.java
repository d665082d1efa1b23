package dev.fern.detection.model;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.norm.Normalization;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.settings.Unwrapped;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The shape of a RetinaNet.
 *
 * @param backbone the ResNet below the pyramid, with the stem for photographs
 * @param pyramid takes the backbone's maps of strides 8, 16 and 32
 * @param head shape of each of the two heads, which see every level of the pyramid
 * @param anchors what the heads classify and move
 */
public record Architecture(
        @Unwrapped @AnyBackbone BackboneConfiguration backbone,
        @Unwrapped PyramidConfiguration pyramid,
        @Unwrapped HeadConfiguration head,
        AnchorParameters anchors) {

    /**
     * Checks that no part is missing.
     *
     * @param backbone not null
     * @param pyramid not null
     * @param head not null
     * @param anchors not null
     * @throws NullPointerException naming the part that is null
     * @throws IllegalArgumentException if the backbone lacks a map that the pyramid takes
     */
    public Architecture {
        Objects.requireNonNull(backbone, "backbone");
        Objects.requireNonNull(pyramid, "pyramid");
        Objects.requireNonNull(head, "head");
        Objects.requireNonNull(anchors, "anchors");
        List<Integer> strides = backbone.maps().stream().map(FeatureMap::stride).toList();
        if (!strides.containsAll(RetinaNet.PYRAMID_STRIDES)) {
            throw new IllegalArgumentException(
                    "the backbone has maps of strides "
                            + strides
                            + "; a pyramid needs "
                            + RetinaNet.PYRAMID_STRIDES);
        }
    }

    /** {@return whether no norm mixes the images of a training batch} */
    public boolean isBatchIndependent() {
        return mixingNorm().isEmpty();
    }

    /** {@return a norm that mixes the images of a training batch, if there is one} */
    public Optional<Normalization> mixingNorm() {
        return Stream.of(Optional.of(backbone.norm()), pyramid.pyramidNorm(), head.headNorm())
                .flatMap(Optional::stream)
                .filter(norm -> !norm.isBatchIndependent())
                .findFirst();
    }

    /** {@return how many floats the network's largest map has per pixel of the canvas} */
    double floatsPerPixel(int categories) {
        int outputs = anchors.perLocation() * Math.max(4, categories);
        double finestLevel = Math.pow(RetinaNet.PYRAMID_STRIDES.get(0), 2);
        return Math.max(
                backbone.floatsPerPixel(),
                Math.max(pyramid.pyramidChannels(), outputs) / finestLevel);
    }
}
