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

    /** Intersection over union with another box, 0 to 1, with pycocotools' arithmetic. */
    public double iou(Box other) {
        return BoxOverlap.iou(this, other, false);
    }

    /** The part of this box's area that lies within a crowd's box, 0 to 1, likewise. */
    public double partWithin(Box crowd) {
        return BoxOverlap.iou(this, crowd, true);
    }
}
