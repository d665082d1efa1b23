package dev.fern.detection.device;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the device tells of a step.
 *
 * @param losses the terms of the loss by name, {@value #CLASSIFICATION} and then {@value
 *     #REGRESSION}, each the mean over the step's images
 * @param gradientNorm norm of all gradients together before clipping; if it is not finite, the step
 *     has moved nothing
 */
public record StepNumbers(Map<String, Double> losses, double gradientNorm) {

    /** The name of the focal loss. */
    public static final String CLASSIFICATION = "classification";

    /** The name of the box loss. */
    public static final String REGRESSION = "regression";

    static StepNumbers of(double classification, double regression, double gradientNorm) {
        Map<String, Double> losses = new LinkedHashMap<>();
        losses.put(CLASSIFICATION, classification);
        losses.put(REGRESSION, regression);
        return new StepNumbers(losses, gradientNorm);
    }
}
