package dev.fern.detection.image;

/**
 * A box to draw, in image pixels.
 *
 * @param x1 left edge
 * @param y1 upper edge
 * @param x2 right edge
 * @param y2 lower edge
 * @param category index that chooses the colour, at least 0
 * @param label text such as "RBC 0.93"; characters outside ASCII are drawn as question marks; empty
 *     for none
 */
public record LabelledBox(float x1, float y1, float x2, float y2, int category, String label) {}
