package dev.fern.detection.model;

/**
 * An object that a detector found.
 *
 * @param x1 left edge of its box in image pixels
 * @param y1 top edge in image pixels
 * @param x2 right edge in image pixels
 * @param y2 bottom edge in image pixels
 * @param category index of its category in the model's list
 * @param score confidence, 0 to 1
 */
public record Detection(float x1, float y1, float x2, float y2, int category, float score) {}
