package dev.fern.detection.model;

import dev.fern.backbone.fpn.FeaturePyramid;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.norm.Normalizations;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The shape of a RetinaNet, as it stands in a model's file.
 *
 * @param resnetVersion where the backbone's blocks have their norms and activations
 * @param bottleneck whether the backbone's blocks are bottlenecks or basic
 * @param blocks blocks of each of the backbone's four stages
 * @param widths channels of the 3x3 convolutions of each stage
 * @param stemWidth channels of the backbone's first convolution
 * @param norm the backbone's normaliser, a name of {@link Normalizations}
 * @param pyramidChannels channels of the pyramid and of the heads; 256 in the paper
 * @param p6 from which map P6 is made
 * @param pyramidNorm normaliser of the pyramid, a name of {@link Normalizations}, or {@code none}
 * @param headConvolutions 3x3 convolutions of each head before its output; 4 in the paper
 * @param headNorm normaliser of the heads, a name of {@link Normalizations}, or {@code none}
 * @param anchors anchors of the heads
 */
public record Architecture(
        ResNetVersion resnetVersion,
        boolean bottleneck,
        List<Integer> blocks,
        List<Integer> widths,
        int stemWidth,
        String norm,
        int pyramidChannels,
        FeaturePyramid.P6Source p6,
        String pyramidNorm,
        int headConvolutions,
        String headNorm,
        AnchorParameters anchors) {

    /**
     * The {@link #headNorm} that stands for convolution and ReLU alone, and the {@link
     * #pyramidNorm} for convolution alone.
     */
    public static final String NO_NORM = "none";

    private static final int MAX_CHANNELS = 1 << 14;
    private static final int MAX_BLOCKS = 256;
    private static final int MAX_HEAD_CONVOLUTIONS = 64;

    /** Checks names and ranges, also that no number is absurd. */
    public Architecture {
        new ResNetConfiguration(
                resnetVersion, bottleneck, blocks, widths, stemWidth, Normalizations.parse(norm));
        blocks = List.copyOf(blocks);
        widths = List.copyOf(widths);
        optional(pyramidNorm);
        optional(headNorm);
        Objects.requireNonNull(p6, "p6");
        Objects.requireNonNull(anchors, "anchors");
        blocks.forEach(n -> requireRange("blocks of a stage", n, 1, MAX_BLOCKS));
        widths.forEach(n -> requireRange("width of a stage", n, 1, MAX_CHANNELS));
        requireRange("stem width", stemWidth, 1, MAX_CHANNELS);
        requireRange("pyramid channels", pyramidChannels, 1, MAX_CHANNELS);
        requireRange("head convolutions", headConvolutions, 0, MAX_HEAD_CONVOLUTIONS);
    }

    private static void requireRange(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    name + " must be " + min + " to " + max + ", not " + value);
        }
    }

    /**
     * Returns a RetinaNet on a published ResNet.
     *
     * @param widthMultiplier factor on the backbone's widths
     */
    public static Architecture of(
            ResNetDepth depth,
            double widthMultiplier,
            String norm,
            int pyramidChannels,
            FeaturePyramid.P6Source p6,
            String pyramidNorm,
            int headConvolutions,
            String headNorm,
            AnchorParameters anchors) {
        ResNetConfiguration backbone =
                ResNetConfiguration.of(depth, widthMultiplier, Normalizations.parse(norm));
        return new Architecture(
                backbone.version(),
                backbone.bottleneck(),
                backbone.blocks(),
                backbone.widths(),
                backbone.stemWidth(),
                norm,
                pyramidChannels,
                p6,
                pyramidNorm,
                headConvolutions,
                headNorm,
                anchors);
    }

    /** Returns whether no norm mixes the images of a training batch. */
    public boolean isBatchIndependent() {
        return Stream.concat(
                        Stream.of(Normalizations.parse(norm)),
                        Stream.of(pyramidNormalization(), headNormalization())
                                .flatMap(Optional::stream))
                .allMatch(Normalization::isBatchIndependent);
    }

    /** Returns the backbone alone. */
    public BackboneArchitecture backboneArchitecture() {
        return new BackboneArchitecture(
                resnetVersion, bottleneck, blocks, widths, stemWidth, Stem.IMAGENET.id(), norm);
    }

    /** Returns the backbone's configuration. */
    public ResNetConfiguration backbone() {
        return new ResNetConfiguration(
                resnetVersion, bottleneck, blocks, widths, stemWidth, Normalizations.parse(norm));
    }

    /** Returns the pyramid's normaliser if it has one. */
    public Optional<Normalization> pyramidNormalization() {
        return optional(pyramidNorm);
    }

    /** Returns the heads' normaliser if they have one. */
    public Optional<Normalization> headNormalization() {
        return optional(headNorm);
    }

    private static Optional<Normalization> optional(String name) {
        return name.equals(NO_NORM) ? Optional.empty() : Optional.of(Normalizations.parse(name));
    }
}
