package dev.fern.detection.anchor;

/**
 * The overlaps of one box with many anchors, by loops without branches over coordinates that lie
 * side by side, which the JVM turns into vector instructions. The values are those of {@link
 * Overlap#iou} to the last bit, but NaN instead of 0 where neither box has an area.
 */
final class OverlapRows {

    private final float[] left;
    private final float[] top;
    private final float[] right;
    private final float[] bottom;
    private final float[] areas;
    private final float[] overlaps;

    /**
     * Takes the anchors.
     *
     * @param anchors [A * 4], x1, y1, x2, y2 of each anchor
     */
    OverlapRows(float[] anchors) {
        int count = anchors.length / 4;
        left = new float[count];
        top = new float[count];
        right = new float[count];
        bottom = new float[count];
        areas = new float[count];
        overlaps = new float[count];
        for (int a = 0; a < count; a++) {
            left[a] = anchors[4 * a];
            top[a] = anchors[4 * a + 1];
            right[a] = anchors[4 * a + 2];
            bottom[a] = anchors[4 * a + 3];
            areas[a] = (right[a] - left[a]) * (bottom[a] - top[a]);
        }
    }

    /**
     * {@return [A], the overlap of each anchor with a box, NaN where both have no area; the next
     * call overwrites it}
     *
     * @param boxes holds the box
     * @param at index of its x1
     */
    float[] with(float[] boxes, int at) {
        float x1 = boxes[at];
        float y1 = boxes[at + 1];
        float x2 = boxes[at + 2];
        float y2 = boxes[at + 3];
        float area = (x2 - x1) * (y2 - y1);
        for (int a = 0; a < overlaps.length; a++) {
            float width = Math.max(0, Math.min(right[a], x2) - Math.max(left[a], x1));
            float height = Math.max(0, Math.min(bottom[a], y2) - Math.max(top[a], y1));
            float intersection = width * height;
            overlaps[a] = intersection / (areas[a] + area - intersection);
        }
        return overlaps;
    }
}
