package dev.fern.cocoeval;

import java.util.Locale;

/**
 * An axis-aligned box in pixels, as COCO files write it: left, top, width, height. The numbers are
 * kept as given, so a box may have negative sizes or coordinates that are not finite; {@link
 * CocoValidator} finds such boxes.
 *
 * @param x the left edge
 * @param y the top edge
 * @param width to the right
 * @param height downwards
 */
public record Box(double x, double y, double width, double height) {
    /** {@return the right edge, {@code x + width}} */
    public double x2() {
        return x + width;
    }

    /** {@return the bottom edge, {@code y + height}} */
    public double y2() {
        return y + height;
    }

    /** {@return {@code width * height}, in square pixels} */
    public double area() {
        return width * height;
    }

    /**
     * Computes the intersection over union with another box, with pycocotools' arithmetic.
     *
     * @param other in the same pixels
     * @return 0 to 1; 0 for boxes that only touch
     */
    public double iou(Box other) {
        return BoxOverlap.iou(this, other, false);
    }

    /**
     * Computes which part of this box's area lies within a crowd's box, with pycocotools'
     * arithmetic.
     *
     * @param crowd in the same pixels
     * @return 0 to 1
     */
    public double partWithin(Box crowd) {
        return BoxOverlap.iou(this, crowd, true);
    }

    /**
     * Checks a box that a program has made.
     *
     * @param owner whose box it is, for the message
     * @throws IllegalArgumentException if a number is not finite or a size is negative
     */
    void requireMeant(String owner) {
        if (!Double.isFinite(x + y + width + height) || width < 0 || height < 0) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "the box of %s is x %s, y %s, width %s, height %s: %s",
                            owner,
                            x,
                            y,
                            width,
                            height,
                            width < 0 || height < 0
                                    ? "a size is negative"
                                    : "a number is not finite"));
        }
    }
}
