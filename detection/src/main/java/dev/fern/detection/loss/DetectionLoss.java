package dev.fern.detection.loss;

import java.util.List;

/**
 * The loss of a batch and its gradient with respect to the head's outputs.
 *
 * @param classification focal loss, the mean over the images
 * @param regression box loss, the mean over the images
 * @param gradients one per level, of the shapes of the head's outputs: the derivative of {@code
 *     classification + regressionWeight * regression}; empty where images passed one by one
 * @param positives number of positive anchors in the batch
 */
public record DetectionLoss(
        double classification, double regression, List<HeadOutput> gradients, int positives) {

    /** {@return whether both losses are finite} */
    public boolean isFinite() {
        return Double.isFinite(classification + regression);
    }
}
