package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;

/**
 * The two losses and their weights.
 *
 * @param focalAlpha see {@link FocalLoss}
 * @param focalGamma see {@link FocalLoss}
 * @param boxLoss of the box codes
 * @param boxLossWeight factor on the box loss, at least 0
 * @param minPositives see {@link RetinaNetLoss}, at least 1
 */
public record LossSettings(
        double focalAlpha,
        double focalGamma,
        BoxLoss boxLoss,
        double boxLossWeight,
        int minPositives) {

    /** Checks the ranges. */
    public LossSettings {
        new FocalLoss(focalAlpha, focalGamma);
        require(boxLossWeight >= 0, "boxLossWeight must be at least 0");
        require(minPositives >= 1, "minPositives must be at least 1");
    }

    /** Returns the loss of a batch. */
    public RetinaNetLoss retinaNetLoss() {
        return new RetinaNetLoss(
                new FocalLoss(focalAlpha, focalGamma), boxLoss, boxLossWeight, minPositives);
    }
}
