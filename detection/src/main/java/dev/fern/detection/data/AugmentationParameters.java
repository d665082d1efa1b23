package dev.fern.detection.data;

import dev.fern.detection.settings.Unwrapped;
import java.util.List;

/**
 * What may happen to a training image.
 *
 * @param horizontalFlip probability that left and right are swapped
 * @param verticalFlip probability that top and bottom are swapped
 * @param multiScale multi-scale training: the canvas rule's min size is one of these, all equally
 *     likely; empty to keep the rule's own
 * @param scaleJitter scale jitter: both sizes of the canvas rule are multiplied by a factor drawn
 *     from the first to the second of these two; 1 and 1 is off
 * @param minCrop random crop: a window whose sides are drawn, each for itself, from this part of
 *     the image's sides to all of them, at a random place; 1 is off
 * @param colorJitter change of light and colour
 */
public record AugmentationParameters(
        double horizontalFlip,
        double verticalFlip,
        List<Integer> multiScale,
        List<Double> scaleJitter,
        double minCrop,
        @Unwrapped ColorJitter colorJitter) {

    /** Images as they are. */
    public static final AugmentationParameters NONE =
            new AugmentationParameters(0, 0, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF);

    /** Every second image is swapped left to right, and nothing else. */
    public static final AugmentationParameters DEFAULT =
            new AugmentationParameters(0.5, 0, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF);

    /** Checks the ranges. */
    public AugmentationParameters {
        multiScale = List.copyOf(multiScale);
        scaleJitter = List.copyOf(scaleJitter);
        if (!isProbability(horizontalFlip) || !isProbability(verticalFlip)) {
            throw new IllegalArgumentException(
                    "flip probabilities " + horizontalFlip + " and " + verticalFlip);
        }
        if (multiScale.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("min sizes " + multiScale);
        }
        if (scaleJitter.size() != 2) {
            throw new IllegalArgumentException(
                    "scaleJitter takes two factors: smallest and largest");
        }
        double minScale = scaleJitter.get(0);
        double maxScale = scaleJitter.get(1);
        if (!(minScale > 0 && minScale <= maxScale && maxScale <= 10)) {
            throw new IllegalArgumentException(
                    "scale jitter from " + minScale + " to " + maxScale + " (above 0, to 10)");
        }
        if (!(minCrop > 0 && minCrop <= 1)) {
            throw new IllegalArgumentException("min crop " + minCrop + " (above 0, to 1)");
        }
    }

    /** Returns the smallest factor on both sizes of the canvas rule. */
    public double minScale() {
        return scaleJitter.get(0);
    }

    /** Returns the largest factor on both sizes of the canvas rule. */
    public double maxScale() {
        return scaleJitter.get(1);
    }

    /** Whether the canvas of an image may differ from epoch to epoch. */
    public boolean drawsCanvas() {
        return multiScale.size() > 1 || minScale() < maxScale() || minCrop < 1;
    }

    private static boolean isProbability(double value) {
        return value >= 0 && value <= 1;
    }
}
