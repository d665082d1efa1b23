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
 *     from the first to the second of these two; 1 and 1 turn it off
 * @param minCrop random crop: a window at a random place, whose width and height are each drawn
 *     from this part of the image's width and height to all of it; 1 turns it off
 * @param colorJitter change of light and colour
 */
public record AugmentationParameters(
        double horizontalFlip,
        double verticalFlip,
        List<Integer> multiScale,
        List<Double> scaleJitter,
        double minCrop,
        @Unwrapped ColorJitter colorJitter) {

    /** The parameters that leave images as they are. */
    public static final AugmentationParameters NONE =
            new AugmentationParameters(0, 0, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF);

    /**
     * The parameters that swap half of the images, at random, left to right and change nothing
     * else.
     */
    public static final AugmentationParameters DEFAULT =
            new AugmentationParameters(0.5, 0, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF);

    /**
     * Checks the ranges.
     *
     * @param horizontalFlip 0 to 1
     * @param verticalFlip 0 to 1
     * @param multiScale each at least 1
     * @param scaleJitter two factors, ascending, above 0, to 10
     * @param minCrop above 0, to 1
     * @param colorJitter checked by itself
     * @throws IllegalArgumentException if one is out of its range
     */
    public AugmentationParameters {
        multiScale = List.copyOf(multiScale);
        scaleJitter = List.copyOf(scaleJitter);
        if (!isProbability(horizontalFlip) || !isProbability(verticalFlip)) {
            throw new IllegalArgumentException(
                    "flip probabilities " + horizontalFlip + " and " + verticalFlip + " (0 to 1)");
        }
        if (multiScale.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("min sizes " + multiScale + " (each at least 1)");
        }
        if (scaleJitter.size() != 2) {
            throw new IllegalArgumentException(
                    "scaleJitter takes two factors: smallest and largest, not " + scaleJitter);
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

    /** {@return the smallest factor on both sizes of the canvas rule} */
    public double minScale() {
        return scaleJitter.get(0);
    }

    /** {@return the largest factor on both sizes of the canvas rule} */
    public double maxScale() {
        return scaleJitter.get(1);
    }

    /** {@return whether the canvas of an image may differ from epoch to epoch} */
    public boolean drawsCanvas() {
        return multiScale.size() > 1 || minScale() < maxScale() || minCrop < 1;
    }

    private static boolean isProbability(double value) {
        return value >= 0 && value <= 1;
    }
}
