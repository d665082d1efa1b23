package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;

/**
 * The two losses and their weights.
 *
 * @param focalAlpha weight of the positives in the {@link FocalLoss}
 * @param focalGamma how much the {@link FocalLoss} down-weights what is classified well
 * @param boxLoss the loss of the box codes
 * @param boxLossWeight factor on the box loss
 * @param minPositives smallest number of positives that an image's loss is divided by, see {@link
 *     RetinaNetLoss}
 */
public record LossSettings(
        double focalAlpha,
        double focalGamma,
        BoxLoss boxLoss,
        double boxLossWeight,
        int minPositives) {

    /**
     * Checks the ranges.
     *
     * @param focalAlpha 0 to 1
     * @param focalGamma at least 0
     * @param boxLoss checked by itself
     * @param boxLossWeight at least 0
     * @param minPositives at least 1
     * @throws IllegalArgumentException if one is out of its range
     */
    public LossSettings {
        new FocalLoss(focalAlpha, focalGamma);
        require(boxLossWeight >= 0, "boxLossWeight", "at least 0", boxLossWeight);
        require(minPositives >= 1, "minPositives", "at least 1", minPositives);
    }

    /** {@return the loss of a batch} */
    public RetinaNetLoss retinaNetLoss() {
        return new RetinaNetLoss(
                new FocalLoss(focalAlpha, focalGamma), boxLoss, boxLossWeight, minPositives);
    }
}
