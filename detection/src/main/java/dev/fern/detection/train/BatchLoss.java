package dev.fern.detection.train;

import java.util.List;
import java.util.Map;

/**
 * The losses of the images of a batch, or of a part of it.
 *
 * @param images what the images are called in messages
 * @param losses the terms of the loss by name, each the mean over the images; their sum is what is
 *     minimised
 * @param counts sums over the images by name
 */
public record BatchLoss(List<String> images, Map<String, Double> losses, Map<String, Long> counts) {

    /** Copies the list. */
    public BatchLoss {
        images = List.copyOf(images);
    }

    /** Returns whether all terms are finite. */
    boolean isFinite() {
        return losses.values().stream().allMatch(Double::isFinite);
    }
}
