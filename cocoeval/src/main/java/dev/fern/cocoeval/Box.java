package dev.fern.cocoeval;

/**
 * An axis-aligned box in pixels, as COCO files write it: left, top, width, height. The numbers are
 * kept as given, so a box may have negative sizes or coordinates that are not finite; {@link
 * CocoValidator} tells.
 */
public record Box(double x, double y, double width, double height) {
    /** The right edge, {@code x + width}. */
    public double x2() {
        return x + width;
    }

    /** The bottom edge, {@code y + height}. */
    public double y2() {
        return y + height;
    }

    /** {@code width * height}, in square pixels. */
    public double area() {
        return width * height;
    }
}
