package dev.fern.detection.draw;

/**
 * A box to draw, in image pixels.
 *
 * @param x1 left edge
 * @param y1 upper edge
 * @param x2 right edge
 * @param y2 lower edge
 * @param category index that chooses the colour, at least 0
 * @param label text such as "RBC 0.93", in any script; empty for none. What no font of the machine
 *     has is drawn as question marks, see {@link DetectionPainter#canWrite}
 */
public record LabelledBox(float x1, float y1, float x2, float y2, int category, String label) {}
