package dev.fern.backbone.resnet;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.Normalization;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The numbers and choices from which a {@link ResNet} is built.
 *
 * @param version says where blocks have their norms and activations
 * @param bottleneck whether blocks are bottlenecks (expansion 4) or basic
 * @param blocks blocks of each of the four stages, 1 to 256
 * @param widths channels of the 3x3 convolutions of each stage, 1 to 16384; 64, 128, 256, 512 in
 *     the paper
 * @param stemWidth channels of the first convolution, 1 to 16384; 64 in the paper
 * @param stem what comes before the stages
 * @param norm normaliser and activation of every block
 */
public record ResNetConfiguration(
        ResNetVersion version,
        boolean bottleneck,
        List<Integer> blocks,
        List<Integer> widths,
        int stemWidth,
        Stem stem,
        Normalization norm)
        implements BackboneConfiguration {

    /** What can be frozen: the stem and the four groups of residual blocks. */
    private static final int STAGES = 5;

    private static final int PAPER_WIDTH = 64;
    private static final int MAX_BLOCKS = 256;

    /**
     * Checks that no value is null, that there are four stages, and that the numbers are in their
     * ranges.
     *
     * @param version not null
     * @param bottleneck whether blocks are bottlenecks
     * @param blocks four numbers of 1 to 256; copied
     * @param widths four numbers of 1 to 16384; copied
     * @param stemWidth 1 to 16384
     * @param stem not null
     * @param norm not null
     * @throws IllegalArgumentException if a list has another length or a number is out of its range
     */
    public ResNetConfiguration {
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(stem, "stem");
        Objects.requireNonNull(norm, "norm");
        blocks = List.copyOf(blocks);
        widths = List.copyOf(widths);
        if (blocks.size() != 4 || widths.size() != 4) {
            throw new IllegalArgumentException(
                    "a ResNet has four stages, so blocks and widths need four numbers each");
        }
        blocks.forEach(n -> requireRange("blocks of a stage", n, MAX_BLOCKS));
        widths.forEach(n -> requireRange("width of a stage", n, FeatureMap.MAX_CHANNELS));
        requireRange("stem width", stemWidth, FeatureMap.MAX_CHANNELS);
    }

    private static void requireRange(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + " must be 1 to " + max + ", not " + value);
        }
    }

    /**
     * {@return the configuration of a published depth with its widths scaled}
     *
     * @param depth says version, kind of blocks and number of blocks
     * @param widthMultiplier above 0 and at most 16, 1 for the published network; the width of 64
     *     is multiplied and rounded, and the others are its multiples
     * @param stem what comes before the stages
     * @param norm normaliser and activation of every block
     * @throws IllegalArgumentException if the multiplier is out of its range
     */
    public static ResNetConfiguration of(
            ResNetDepth depth, double widthMultiplier, Stem stem, Normalization norm) {
        if (!(widthMultiplier > 0) || widthMultiplier > 16) {
            throw new IllegalArgumentException(
                    "width multiplier must be above 0 and at most 16, not " + widthMultiplier);
        }
        int width = (int) Math.max(1, Math.round(PAPER_WIDTH * widthMultiplier));
        return new ResNetConfiguration(
                depth.version(),
                depth.bottleneck(),
                depth.blocks(),
                List.of(width, 2 * width, 4 * width, 8 * width),
                width,
                stem,
                norm);
    }

    @Override
    public ResNetConfiguration withNorm(Normalization other) {
        return new ResNetConfiguration(version, bottleneck, blocks, widths, stemWidth, stem, other);
    }

    /**
     * {@return the same network with another stem}
     *
     * @param other what comes before the stages
     */
    public ResNetConfiguration withStem(Stem other) {
        return new ResNetConfiguration(version, bottleneck, blocks, widths, stemWidth, other, norm);
    }

    /** {@return the output channels of a stage, 0 to 3 (C2 to C5)} */
    int outputChannels(int stage) {
        return widths.get(stage) * (bottleneck ? ResidualBlock.EXPANSION : 1);
    }

    @Override
    public ResNet newBackbone() {
        return new ResNet(this);
    }

    @Override
    public int stages() {
        return STAGES;
    }

    /** {@return the channels and strides of the outputs C2 to C5, in this order} */
    @Override
    public List<FeatureMap> maps() {
        List<FeatureMap> maps = new ArrayList<>();
        int stride = stem.stride() * (stem.pooled() ? 2 : 1);
        for (int stage = 0; stage < blocks.size(); stage++) {
            maps.add(new FeatureMap(outputChannels(stage), stride << stage));
        }
        return maps;
    }

    @Override
    public double floatsPerPixel() {
        return Stream.concat(Stream.of(new FeatureMap(stemWidth, stem.stride())), maps().stream())
                .mapToDouble(FeatureMap::floatsPerPixel)
                .max()
                .orElseThrow();
    }

    /**
     * Returns whether parameters of another network can be used in this one. Those of batch
     * normalisation fit frozen batch normalisation, which is made to take them.
     *
     * @param trained what the other network was built from
     * @return empty if they can; else what keeps the networks apart, a phrase that says first what
     *     this one is
     */
    @Override
    public Optional<String> mismatch(BackboneConfiguration trained) {
        if (!(trained instanceof ResNetConfiguration other)) {
            return Optional.of(depth() + " where that is another kind of network");
        }
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
        if (stem != other.stem) {
            return Optional.of("the stem " + stem.id() + " where that has " + other.stem.id());
        }
        return fits(norm, other.norm)
                ? Optional.empty()
                : Optional.of("the norm " + norm.id() + " where that has " + other.norm.id());
    }

    private static boolean fits(Normalization norm, Normalization trained) {
        return norm.equals(trained)
                || trained instanceof BatchNormalization running
                        && norm.equals(
                                new FrozenBatchNormalization(
                                        FrozenBatchNormalization.DEFAULT_EPSILON,
                                        running.activation()));
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
