package dev.fern.detection.recipe;

import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;

/**
 * A published backbone, scaled.
 *
 * @param backbone its depth and version
 * @param width factor on its published widths, above 0, to 16
 * @param norm its normaliser and activation
 */
public record BackboneSettings(ResNetDepth backbone, double width, Normalization norm) {

    /** Checks the width. */
    public BackboneSettings {
        ResNetConfiguration.of(backbone, width, Stem.IMAGENET, norm);
    }

    /** Returns what the network is built from. */
    public ResNetConfiguration configuration(Stem stem) {
        return ResNetConfiguration.of(backbone, width, stem, norm);
    }
}
