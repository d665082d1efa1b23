package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import java.util.OptionalLong;

/**
 * The two losses and their weights.
 *
 * @param focalAlpha weight of the positives in the {@link FocalLoss}
 * @param focalGamma how much the {@link FocalLoss} down-weights what is classified well
 * @param boxLoss the loss of the box codes
 * @param boxLossWeight factor on the box loss
 * @param minPositives smallest number of positives that an image's loss is divided by, see {@link
 *     RetinaNetLoss}; empty to take it from the training data
 */
public record LossSettings(
        double focalAlpha,
        double focalGamma,
        BoxLoss boxLoss,
        double boxLossWeight,
        OptionalLong minPositives) {

    /**
     * Checks the ranges.
     *
     * @param focalAlpha 0 to 1
     * @param focalGamma at least 0
     * @param boxLoss checked by itself
     * @param boxLossWeight at least 0
     * @param minPositives 1 to {@link Integer#MAX_VALUE}, or empty
     * @throws IllegalArgumentException if one is out of its range
     */
    public LossSettings {
        new FocalLoss(focalAlpha, focalGamma);
        require(boxLossWeight >= 0, "boxLossWeight", "at least 0", boxLossWeight);
        long positives = minPositives.orElse(1);
        require(
                positives >= 1 && positives <= Integer.MAX_VALUE,
                "minPositives",
                "1 to 2147483647, or 'auto'",
                positives);
    }

    /**
     * {@return these settings with another floor under the number of positives}
     *
     * @param positives at least 1
     */
    public LossSettings withMinPositives(int positives) {
        return new LossSettings(
                focalAlpha, focalGamma, boxLoss, boxLossWeight, OptionalLong.of(positives));
    }

    /**
     * {@return the loss of a batch} Where the data have not decided on {@code minPositives}, an
     * image's loss is divided by its own number of positives, as in torchvision.
     */
    public RetinaNetLoss retinaNetLoss() {
        return new RetinaNetLoss(
                new FocalLoss(focalAlpha, focalGamma),
                boxLoss,
                boxLossWeight,
                (int) minPositives.orElse(1));
    }
}
