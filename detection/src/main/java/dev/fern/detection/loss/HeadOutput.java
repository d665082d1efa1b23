package dev.fern.detection.loss;

/**
 * The head's outputs on one pyramid level.
 *
 * @param logits [N, H, W, A, K]: one per category for each of the level's anchors, in their order
 * @param codes [N, H, W, A, 4]: dx, dy, dw, dh for each of these anchors
 */
public record HeadOutput(float[] logits, float[] codes) {}
