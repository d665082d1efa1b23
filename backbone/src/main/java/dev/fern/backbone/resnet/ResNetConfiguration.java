package dev.fern.backbone.resnet;

import dev.fern.backbone.norm.Normalization;
import java.util.List;
import java.util.Objects;

/**
 * What a {@link ResNet} is built from.
 *
 * @param version where blocks have their norms and activations
 * @param bottleneck whether blocks are bottlenecks (expansion 4) or basic
 * @param blocks blocks of each of the four stages, each at least 1
 * @param widths channels of the 3x3 convolutions of each stage; 64, 128, 256, 512 in the paper
 * @param stemWidth channels of the first convolution; 64 in the paper
 * @param normalization normaliser and activation of every block
 * @param stem what comes before the stages
 */
public record ResNetConfiguration(
        ResNetVersion version,
        boolean bottleneck,
        List<Integer> blocks,
        List<Integer> widths,
        int stemWidth,
        Normalization normalization,
        Stem stem) {

    private static final int PAPER_WIDTH = 64;

    /** Checks the lists' lengths and values. */
    public ResNetConfiguration {
        Objects.requireNonNull(version, "version");
        blocks = List.copyOf(blocks);
        widths = List.copyOf(widths);
        if (blocks.size() != 4 || widths.size() != 4) {
            throw new IllegalArgumentException("a ResNet has four stages");
        }
        if (stemWidth < 1
                || blocks.stream().anyMatch(n -> n < 1)
                || widths.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("blocks and widths of a ResNet are at least 1");
        }
    }

    /** A network with the stem of the paper. */
    public ResNetConfiguration(
            ResNetVersion version,
            boolean bottleneck,
            List<Integer> blocks,
            List<Integer> widths,
            int stemWidth,
            Normalization normalization) {
        this(version, bottleneck, blocks, widths, stemWidth, normalization, Stem.IMAGENET);
    }

    /** Returns this network with another stem. */
    public ResNetConfiguration withStem(Stem other) {
        return new ResNetConfiguration(
                version, bottleneck, blocks, widths, stemWidth, normalization, other);
    }

    /**
     * Returns the configuration of a published depth with its widths scaled.
     *
     * @param widthMultiplier 1 for the published network; a width is rounded, and at least 1
     */
    public static ResNetConfiguration of(
            ResNetDepth depth, double widthMultiplier, Normalization normalization) {
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
                normalization);
    }

    /** Returns the output channels of a stage, 0 to 3 (C2 to C5). */
    public int outputChannels(int stage) {
        return widths.get(stage) * (bottleneck ? ResidualBlock.EXPANSION : 1);
    }
}
