package dev.fern.detection.model;

/**
 * A found object.
 *
 * @param x1 left edge in image pixels
 * @param y1 top edge
 * @param x2 right edge
 * @param y2 bottom edge
 * @param category index of the category in the model's list
 * @param score confidence, 0 to 1
 */
public record Detection(float x1, float y1, float x2, float y2, int category, float score) {}
