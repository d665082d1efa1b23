package dev.fern.detection.image;

import java.util.List;

/**
 * The affine map from a channel value in [0, 1] to the network's input: (value - mean) / std.
 *
 * @param mean of red, green, blue, in units of full brightness
 * @param std of red, green, blue, in units of full brightness, above 0
 */
public record PixelNormalization(List<Double> mean, List<Double> std) {

    /** The channel statistics of ImageNet, which published backbones expect. */
    public static final PixelNormalization IMAGENET =
            new PixelNormalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    /**
     * Checks the values.
     *
     * @param mean three finite values
     * @param std three finite values above 0
     * @throws IllegalArgumentException if there are not three or one is out of its range
     */
    public PixelNormalization {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3
                || std.size() != 3
                || !mean.stream().allMatch(Double::isFinite)
                || !std.stream().allMatch(s -> Double.isFinite(s) && s > 0)) {
            throw new IllegalArgumentException(
                    "pixel normalisation with mean "
                            + mean
                            + ", std "
                            + std
                            + ": wanted three finite values each, std above 0");
        }
    }
}
