package dev.fern.backbone.classification;

/**
 * The loss of a batch and its gradient with respect to the logits.
 *
 * @param value the mean over the images, 0 or more
 * @param gradient the derivative of {@code value} with respect to every logit, [N * K]
 */
public record ClassificationLoss(double value, float[] gradient) {}
