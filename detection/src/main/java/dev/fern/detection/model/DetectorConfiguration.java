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
 * All that a detector is besides its parameters: the content of a model's {@code model.json}.
 *
 * @param version version of the file format, {@value #VERSION}
 * @param architecture shape of the network
 * @param categories what the detector finds, in the order of its logits
 * @param canvas how an image is resized and padded
 * @param normalization maps pixel values to network input
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

    /**
     * The stride of P5 in pixels; the network takes no canvas whose sides are not multiples of it.
     */
    private static final int STRIDE = 32;

    /**
     * Checks that the parts make a detector.
     *
     * @param version {@value #VERSION}
     * @param architecture not null
     * @param categories at least one; no two of them have the same id
     * @param canvas with a stride that is a multiple of 32, up to {@link CanvasRule#LARGEST_SIZE}
     * @param normalization not null
     * @param postProcessing not null
     * @throws IllegalArgumentException if the version is unknown, or if the categories or the
     *     stride can't be used
     * @throws NullPointerException if a part is missing
     */
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
            throw new IllegalArgumentException("a detector needs at least one category");
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
     * Checks that each of the network's arrays, for each batch of a plan, has less than 2^31 bytes:
     * neither engines nor Java's buffers take more.
     *
     * @param plan the batches
     * @return the same plan
     * @throws ImageReadException naming the first image of a batch that is too large, and saying
     *     which settings to lower
     */
    public BatchPlan checked(BatchPlan plan) throws ImageReadException {
        double floatsPerPixel = Math.max(3, architecture.floatsPerPixel(categories.size()));
        double most = Integer.MAX_VALUE / (Float.BYTES * floatsPerPixel);
        for (BatchPlan.PlannedBatch batch : plan.batches()) {
            ImageSize size = batch.canvasSize();
            int images = batch.images().size();
            if ((double) images * size.width() * size.height() > most) {
                throw new ImageReadException(
                        batch.images().get(0).sample().image(),
                        String.format(
                                "%d canvases of %d x %d pixels are too much for one batch of this"
                                        + " network; lower the batch size, the min size or the max"
                                        + " size",
                                images, size.width(), size.height()));
            }
        }
        return plan;
    }

    /**
     * {@return this configuration with another canvas rule}
     *
     * @param other the canvas rule
     * @throws IllegalArgumentException if the stride can't be used
     */
    public DetectorConfiguration withCanvas(CanvasRule other) {
        return new DetectorConfiguration(
                version, architecture, categories, other, normalization, postProcessing);
    }

    /**
     * {@return this configuration with another post-processing}
     *
     * @param other how outputs become detections
     */
    public DetectorConfiguration withPostProcessing(PostProcessing other) {
        return new DetectorConfiguration(
                version, architecture, categories, canvas, normalization, other);
    }
}
