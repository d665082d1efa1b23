package dev.fern.detection.model;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.PixelNormalization;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * All that a detector is beside its parameters: the content of a model's {@code model.json}.
 *
 * @param version of this format; 2
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

    /** The version that this code writes, and to which {@link ModelDocument} brings older ones. */
    public static final int VERSION = 2;

    /** Of P5: the network needs canvases of multiples of it. */
    private static final int STRIDE = 32;

    /** Checks that nothing is missing, the version is known and no category comes twice. */
    public DetectorConfiguration {
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "format version " + version + " is unknown; this Fern reads 1 to " + VERSION);
        }
        Objects.requireNonNull(architecture, "architecture");
        Objects.requireNonNull(normalization, "normalization");
        Objects.requireNonNull(postProcessing, "postProcessing");
        categories = List.copyOf(categories);
        if (categories.isEmpty()) {
            throw new IllegalArgumentException("a detector needs a category");
        }
        Set<Long> ids = new HashSet<>();
        for (CocoCategory category : categories) {
            if (!ids.add(category.id())) {
                throw new IllegalArgumentException("two categories have the id " + category.id());
            }
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

    /**
     * Checks that the network's arrays for each batch have less than 2^31 bytes, as engines and
     * Java's buffers want it.
     *
     * @return the same plan
     * @throws ImageReadException naming an image of a batch that is too large
     */
    public BatchPlan checked(BatchPlan plan) throws ImageReadException {
        double floatsPerPixel = Math.max(3, architecture.floatsPerPixel(categories.size()));
        double most = Integer.MAX_VALUE / (Float.BYTES * floatsPerPixel);
        for (BatchPlan.PlannedBatch batch : plan.batches()) {
            ImageSize size = batch.canvasSize();
            int images = batch.images().size();
            if ((double) images * size.width() * size.height() > most) {
                throw new ImageReadException(
                        batch.images().get(0).sample().path(),
                        String.format(
                                "%d canvases of %d x %d pixels are too much for one batch of this"
                                        + " network; lower the batch size, the min size or the max"
                                        + " size",
                                images, size.width(), size.height()));
            }
        }
        return plan;
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
