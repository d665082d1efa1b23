package dev.fern.detection.recipe;

import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import java.util.List;

/**
 * What the network sees of an image.
 *
 * @param minSize wanted length of an image's shorter side in pixels, see {@link CanvasRule}
 * @param maxSize largest length of its longer side in pixels, see {@link CanvasRule}
 * @param pixelMean mean of red, green and blue, see {@link PixelNormalization}
 * @param pixelStd standard deviation of red, green and blue, see {@link PixelNormalization}
 */
public record ImageSettings(
        int minSize, int maxSize, List<Double> pixelMean, List<Double> pixelStd) {

    /**
     * Checks the settings by making what they describe.
     *
     * @param minSize 1 to {@code maxSize}
     * @param maxSize up to {@link CanvasRule#LARGEST_SIZE}
     * @param pixelMean three finite values
     * @param pixelStd three finite values above 0
     * @throws IllegalArgumentException if one is out of its range
     */
    public ImageSettings {
        pixelMean = List.copyOf(pixelMean);
        pixelStd = List.copyOf(pixelStd);
        new CanvasRule(minSize, maxSize);
        new PixelNormalization(pixelMean, pixelStd);
    }

    /** {@return how an image is resized and padded} */
    public CanvasRule canvasRule() {
        return new CanvasRule(minSize, maxSize);
    }

    /** {@return the map from pixel values to network input} */
    public PixelNormalization normalization() {
        return new PixelNormalization(pixelMean, pixelStd);
    }
}
