package dev.fern.detection.recipe;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A published backbone, wider or narrower.
 *
 * @param backbone depth and version
 * @param width factor on the published widths
 * @param norm normaliser and activation of every block
 */
public record BackboneSettings(ResNetDepth backbone, double width, Normalization norm) {

    /** Channels of the first convolution that the width is a factor on. */
    private static final double PAPER_WIDTH = 64;

    private static final double MAX_WIDTH = 16;

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

    /**
     * {@return the settings that describe a backbone with the stem for photographs; empty if none
     * do}
     *
     * @param configuration the shape of the backbone
     */
    public static Optional<BackboneSettings> of(BackboneConfiguration configuration) {
        if (!(configuration instanceof ResNetConfiguration resNet)) {
            return Optional.empty();
        }
        double width = resNet.stemWidth() / PAPER_WIDTH;
        return Stream.of(ResNetDepth.values())
                .filter(depth -> width <= MAX_WIDTH)
                .map(depth -> new BackboneSettings(depth, width, resNet.norm()))
                .filter(settings -> settings.configuration(Stem.IMAGENET).equals(resNet))
                .findFirst();
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
