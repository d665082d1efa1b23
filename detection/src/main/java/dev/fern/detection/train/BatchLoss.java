package dev.fern.detection.train;

import java.util.List;
import java.util.Map;

/**
 * The losses of the images of a batch, or of a part of it.
 *
 * @param images the name of each image for messages
 * @param losses the terms of the loss by name, each the mean over the images; the training
 *     minimises their sum. Empty where they are still on the device
 * @param counts sums over the images by name, such as the number of positive anchors
 */
public record BatchLoss(List<String> images, Map<String, Double> losses, Map<String, Long> counts) {

    /**
     * Makes the list of images immutable.
     *
     * @param images one name per image
     * @param losses the terms of the loss by name
     * @param counts sums over the images by name
     */
    public BatchLoss {
        images = List.copyOf(images);
    }

    /** {@return whether all terms are finite} */
    boolean isFinite() {
        return losses.values().stream().allMatch(Double::isFinite);
    }
}
