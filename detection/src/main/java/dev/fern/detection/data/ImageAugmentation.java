package dev.fern.detection.data;

import dev.fern.detection.image.BgrImage;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Changes training images and their boxes in a way of the user's own, before the built-in
 * augmentation ({@link Augmentation}) cuts, mirrors, colours and resizes them. It runs on the
 * loader's threads, several images at a time. What it does depends on its arguments alone, so that
 * a resumed training sees the images that an undisturbed one would see.
 */
@FunctionalInterface
public interface ImageAugmentation {

    /**
     * Changes an image.
     *
     * @param picture the image as it is in the data set, upright, with its boxes; it may be changed
     *     in place, and is closed by the loader
     * @param occasion tells which image it is and when, and has random numbers for it
     * @return the same or another image of the same width and height, with its boxes, each of
     *     positive area within the image; what reaches out of the image is cut off. The loader
     *     closes it
     * @throws Exception for any reason; it ends the training with an error that names the image
     */
    Picture augment(Picture picture, Occasion occasion) throws Exception;

    /**
     * An image with its boxes.
     *
     * @param image the pixels
     * @param boxes on the image
     */
    record Picture(BgrImage image, List<LabelledBox> boxes) {

        /**
         * Makes the list immutable.
         *
         * @param image the pixels
         * @param boxes on the image
         */
        public Picture {
            boxes = List.copyOf(boxes);
        }
    }

    /**
     * A box.
     *
     * @param x1 left edge in pixels of the image
     * @param y1 upper edge
     * @param x2 right edge
     * @param y2 lower edge
     * @param label position of the category in {@link DetectionDataset#categories}, from 0
     */
    record LabelledBox(float x1, float y1, float x2, float y2, int label) {}

    /**
     * What an augmentation may depend on.
     *
     * @param imageId the image's id in the data set
     * @param epoch counted from 0
     * @param seed of the training
     * @param random numbers that depend on these three alone
     */
    record Occasion(long imageId, int epoch, long seed, SplittableRandom random) {}
}
