package dev.fern.detection.data;

import dev.fern.detection.image.ImageSize;
import java.util.List;

/**
 * Which images share each batch of an epoch, and what happens to each of them.
 *
 * @param batches in the order in which they are to be delivered
 */
public record BatchPlan(List<PlannedBatch> batches) {

    /**
     * Makes the list immutable.
     *
     * @param batches in the order in which they are to be delivered
     */
    public BatchPlan {
        batches = List.copyOf(batches);
    }

    /** {@return the number of images of all batches} */
    public int imageCount() {
        return batches.stream().mapToInt(batch -> batch.images().size()).sum();
    }

    /**
     * {@return what messages call an image, such as the path of its file}
     *
     * @param imageId its id in the data set
     * @throws IllegalArgumentException if no batch has it
     */
    public String name(long imageId) {
        return batches.stream()
                .flatMap(batch -> batch.images().stream())
                .map(PlannedImage::sample)
                .filter(sample -> sample.imageId() == imageId)
                .map(sample -> sample.image().name())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no image " + imageId));
    }

    /**
     * The images of one batch, all on canvases of one size.
     *
     * @param images at least one
     */
    public record PlannedBatch(List<PlannedImage> images) {

        /**
         * Checks that all canvases have one size.
         *
         * @param images at least one
         * @throws IllegalArgumentException if there is no image, or if canvases differ in size
         */
        public PlannedBatch {
            images = List.copyOf(images);
            if (images.stream().map(PlannedImage::canvasSize).distinct().count() != 1) {
                throw new IllegalArgumentException(
                        "the images of a batch need canvases of one size");
            }
        }

        /** {@return the size of the canvases} */
        public ImageSize canvasSize() {
            return images.get(0).canvasSize();
        }
    }

    /**
     * One image of a batch.
     *
     * @param sample the image and its targets
     * @param augmentation what happens to it
     */
    public record PlannedImage(Sample sample, Augmentation augmentation) {

        ImageSize canvasSize() {
            return augmentation.canvas().size();
        }
    }
}
