package dev.fern.detection.model;

import dev.fern.backbone.norm.Normalizations;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The shape of a ResNet, as it stands in a classifier's file.
 *
 * @param version where the blocks have their norms and activations
 * @param bottleneck whether the blocks are bottlenecks or basic
 * @param blocks blocks of each of the four stages
 * @param widths channels of the 3x3 convolutions of each stage
 * @param stemWidth channels of the first convolution
 * @param stem what comes before the stages, a name of {@link Stem}
 * @param norm the normaliser, a name of {@link Normalizations}
 */
public record BackboneArchitecture(
        ResNetVersion version,
        boolean bottleneck,
        List<Integer> blocks,
        List<Integer> widths,
        int stemWidth,
        String stem,
        String norm) {

    private static final int MAX_CHANNELS = 1 << 14;
    private static final int MAX_BLOCKS = 256;

    /** Checks names and ranges, also that no number is absurd. */
    public BackboneArchitecture {
        blocks = List.copyOf(blocks);
        widths = List.copyOf(widths);
        new ResNetConfiguration(
                version,
                bottleneck,
                blocks,
                widths,
                stemWidth,
                Normalizations.parse(norm),
                Stem.parse(stem));
        blocks.forEach(n -> requireAtMost("blocks of a stage", n, MAX_BLOCKS));
        widths.forEach(n -> requireAtMost("width of a stage", n, MAX_CHANNELS));
        requireAtMost("stem width", stemWidth, MAX_CHANNELS);
    }

    private static void requireAtMost(String name, int value, int max) {
        if (value > max) {
            throw new IllegalArgumentException(name + " must be 1 to " + max + ", not " + value);
        }
    }

    /**
     * Returns a published ResNet with its widths scaled.
     *
     * @param width factor on the widths
     */
    public static BackboneArchitecture of(ResNetDepth depth, double width, String norm, Stem stem) {
        ResNetConfiguration network =
                ResNetConfiguration.of(depth, width, Normalizations.parse(norm));
        return new BackboneArchitecture(
                network.version(),
                network.bottleneck(),
                network.blocks(),
                network.widths(),
                network.stemWidth(),
                stem.id(),
                norm);
    }

    /** Returns what the network is built from. */
    public ResNetConfiguration configuration() {
        return new ResNetConfiguration(
                version,
                bottleneck,
                blocks,
                widths,
                stemWidth,
                Normalizations.parse(norm),
                Stem.parse(stem));
    }

    /**
     * Returns whether parameters of another network can be used in this one: empty, or what keeps
     * them apart, a phrase that says what this one is first. The parameters of batch normalisation
     * fit the frozen one, which is made to take them.
     */
    public Optional<String> mismatch(BackboneArchitecture other) {
        if (version != other.version
                || bottleneck != other.bottleneck
                || !blocks.equals(other.blocks)) {
            return Optional.of(depth() + " where that is " + other.depth());
        }
        if (stemWidth != other.stemWidth || !widths.equals(other.widths)) {
            return Optional.of(
                    "widths "
                            + stemWidth
                            + "; "
                            + widths
                            + " where that has "
                            + other.stemWidth
                            + "; "
                            + other.widths);
        }
        if (!stem.equals(other.stem)) {
            return Optional.of("the stem " + stem + " where that has " + other.stem);
        }
        boolean sameNorm =
                norm.equals(other.norm) || norm.equals("frozen-bn") && other.norm.equals("bn");
        return sameNorm
                ? Optional.empty()
                : Optional.of("the norm " + norm + " where that has " + other.norm);
    }

    private String depth() {
        return Stream.of(ResNetDepth.values())
                .filter(d -> d.version() == version)
                .filter(d -> d.bottleneck() == bottleneck && d.blocks().equals(blocks))
                .findFirst()
                .map(ResNetDepth::id)
                .orElse(version + " " + (bottleneck ? "bottlenecks " : "basic blocks ") + blocks);
    }
}
