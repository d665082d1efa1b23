package dev.fern.detection.model;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import java.util.List;
import java.util.Objects;

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

    /** Of P5: the network needs canvases of multiples of it. */
    private static final int STRIDE = 32;

    /** Checks that nothing is missing and the version is known. */
    public DetectorConfiguration {
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "format version " + version + " is unknown; this Fern reads " + VERSION);
        }
        Objects.requireNonNull(architecture, "architecture");
        Objects.requireNonNull(normalization, "normalization");
        Objects.requireNonNull(postProcessing, "postProcessing");
        categories = List.copyOf(categories);
        if (categories.isEmpty()) {
            throw new IllegalArgumentException("a detector needs a category");
        }
        if (canvas.stride() % STRIDE != 0 || canvas.stride() > CanvasRule.LARGEST_SIZE) {
            throw new IllegalArgumentException(
                    "the canvas stride must be a multiple of "
                            + STRIDE
                            + " up to "
                            + CanvasRule.LARGEST_SIZE
                            + ", not "
                            + canvas.stride());
        }
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
