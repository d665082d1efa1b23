package dev.fern.backbone.classification;

/**
 * The loss of a batch and its gradient with respect to the logits.
 *
 * @param value the mean over the images
 * @param gradient [N * K], the derivative of {@code value}
 */
public record ClassificationLoss(double value, float[] gradient) {}
