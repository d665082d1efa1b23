package dev.fern.detection.recipe;

import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import java.util.List;

/**
 * What the network sees of an image.
 *
 * @param minSize see {@link CanvasRule}
 * @param maxSize see {@link CanvasRule}
 * @param pixelMean see {@link PixelNormalization}
 * @param pixelStd see {@link PixelNormalization}
 */
public record ImageSettings(
        int minSize, int maxSize, List<Double> pixelMean, List<Double> pixelStd) {

    /** Checks the settings by making what they describe. */
    public ImageSettings {
        new CanvasRule(minSize, maxSize);
        new PixelNormalization(pixelMean, pixelStd);
    }

    /** Returns how an image is resized and padded. */
    public CanvasRule canvasRule() {
        return new CanvasRule(minSize, maxSize);
    }

    /** Returns what is done to pixels. */
    public PixelNormalization normalization() {
        return new PixelNormalization(pixelMean, pixelStd);
    }
}
