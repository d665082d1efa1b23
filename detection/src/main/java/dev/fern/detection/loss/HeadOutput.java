package dev.fern.detection.loss;

/**
 * The head's outputs on one pyramid level, in the layout of the convolutions.
 *
 * @param logits [N, A * K, H, W]: channel a * K + k is category k of anchor a
 * @param codes [N, A * 4, H, W]: channel a * 4 + j is dx, dy, dw, dh of anchor a
 */
public record HeadOutput(float[] logits, float[] codes) {}
