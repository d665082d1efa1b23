package dev.fern.detection.model;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import java.util.List;

/**
 * All that a detector is beside its parameters: the content of a model's {@code model.json}.
 *
 * @param version of this format; 1
 * @param architecture the network
 * @param categories what it finds, in the order of its logits
 * @param canvas how an image is resized and padded
 * @param normalization what is done to pixels
 * @param postProcessing how outputs become detections
 */
public record DetectorConfiguration(
        int version,
        Architecture architecture,
        List<CocoCategory> categories,
        CanvasRule canvas,
        PixelNormalization normalization,
        PostProcessing postProcessing) {

    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /** Checks that nothing is missing and the version is known. */
    public DetectorConfiguration {
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "format version " + version + " is unknown; this Fern reads " + VERSION);
        }
        if (architecture == null
                || canvas == null
                || normalization == null
                || postProcessing == null
                || categories == null
                || categories.isEmpty()
                || categories.stream().anyMatch(c -> c == null || c.name() == null)) {
            throw new IllegalArgumentException("a part is missing");
        }
        categories = List.copyOf(categories);
    }

    /** Returns this configuration with another canvas rule. */
    public DetectorConfiguration withCanvas(CanvasRule other) {
        return new DetectorConfiguration(
                version, architecture, categories, other, normalization, postProcessing);
    }

    /** Returns this configuration with another post-processing. */
    public DetectorConfiguration withPostProcessing(PostProcessing other) {
        return new DetectorConfiguration(
                version, architecture, categories, canvas, normalization, other);
    }
}
