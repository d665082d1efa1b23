package dev.fern.detection.anchor;

/** Intersection over union of boxes x1, y1, x2, y2. */
public final class Overlap {

    private Overlap() {}

    /**
     * Returns the intersection over union of two boxes.
     *
     * @param a holds one box
     * @param at index of its x1 in {@code a}
     * @param b holds the other box
     * @param bt index of its x1 in {@code b}
     * @return 0 to 1; 0 where they don't overlap or both are empty
     */
    public static float iou(float[] a, int at, float[] b, int bt) {
        float width = Math.min(a[at + 2], b[bt + 2]) - Math.max(a[at], b[bt]);
        float height = Math.min(a[at + 3], b[bt + 3]) - Math.max(a[at + 1], b[bt + 1]);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        float intersection = width * height;
        return intersection / (area(a, at) + area(b, bt) - intersection);
    }

    private static float area(float[] box, int at) {
        return (box[at + 2] - box[at]) * (box[at + 3] - box[at + 1]);
    }
}
