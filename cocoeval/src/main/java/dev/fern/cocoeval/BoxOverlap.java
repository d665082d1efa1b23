package dev.fern.cocoeval;

/** Intersection over union of boxes, with the arithmetic of pycocotools' {@code bbIou}. */
final class BoxOverlap {
    private BoxOverlap() {}

    /**
     * Boxes that only touch have 0.
     *
     * @param detections x, y, width, height from {@code d} on
     * @param truths x, y, width, height from {@code g} on
     * @param crowd whether to divide by the detection's area rather than the union's
     */
    static double iou(double[] detections, int d, double[] truths, int g, boolean crowd) {
        double width =
                lesser(detections[d + 2] + detections[d], truths[g + 2] + truths[g])
                        - greater(detections[d], truths[g]);
        if (width <= 0) {
            return 0;
        }
        double height =
                lesser(detections[d + 3] + detections[d + 1], truths[g + 3] + truths[g + 1])
                        - greater(detections[d + 1], truths[g + 1]);
        if (height <= 0) {
            return 0;
        }
        double intersection = width * height;
        double detectionArea = detections[d + 2] * detections[d + 3];
        double truthArea = truths[g + 2] * truths[g + 3];
        return intersection / (crowd ? detectionArea : detectionArea + truthArea - intersection);
    }

    /** C's {@code fmin}: of a number and NaN, the number. */
    private static double lesser(double a, double b) {
        return a <= b || b != b ? a : b;
    }

    private static double greater(double a, double b) {
        return a >= b || b != b ? a : b;
    }
}
