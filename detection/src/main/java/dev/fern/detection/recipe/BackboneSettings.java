package dev.fern.detection.recipe;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;

/**
 * A published backbone, wider or narrower.
 *
 * @param backbone depth and version
 * @param width factor on the published widths
 * @param norm normaliser and activation of every block
 */
public record BackboneSettings(ResNetDepth backbone, double width, Normalization norm) {

    /**
     * Checks the width.
     *
     * @param backbone depth and version
     * @param width above 0, to 16
     * @param norm normaliser and activation of every block
     * @throws IllegalArgumentException if the width is out of its range
     */
    public BackboneSettings {
        ResNetConfiguration.of(backbone, width, Stem.IMAGENET, norm);
    }

    /** {@return the name of the backbone, as settings have it} */
    public String id() {
        return backbone.id();
    }

    /**
     * {@return the shape of the backbone}
     *
     * @param stem what comes before the backbone's stages
     */
    public BackboneConfiguration configuration(Stem stem) {
        return ResNetConfiguration.of(backbone, width, stem, norm);
    }
}
