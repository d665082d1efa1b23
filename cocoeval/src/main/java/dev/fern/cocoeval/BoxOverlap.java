package dev.fern.cocoeval;

import dev.fern.cocoeval.numpy.CMath;

/** Intersection over union of boxes, with the arithmetic of pycocotools' {@code bbIou}. */
final class BoxOverlap {
    private BoxOverlap() {}

    /**
     * Computes the overlap of two boxes; it is 0 for boxes that only touch.
     *
     * @param detections x, y, width, height from {@code d} on
     * @param truths x, y, width, height from {@code g} on
     * @param crowd whether to divide by the detection's area rather than the union's
     */
    static double iou(double[] detections, int d, double[] truths, int g, boolean crowd) {
        return iou(
                detections[d],
                detections[d + 1],
                detections[d + 2],
                detections[d + 3],
                truths[g],
                truths[g + 1],
                truths[g + 2],
                truths[g + 3],
                crowd);
    }

    /**
     * Computes the overlap of two boxes; it is 0 for boxes that only touch.
     *
     * @param crowd whether to divide by the detection's area rather than the union's
     */
    static double iou(Box detection, Box truth, boolean crowd) {
        return iou(
                detection.x(),
                detection.y(),
                detection.width(),
                detection.height(),
                truth.x(),
                truth.y(),
                truth.width(),
                truth.height(),
                crowd);
    }

    private static double iou(
            double dx,
            double dy,
            double dw,
            double dh,
            double gx,
            double gy,
            double gw,
            double gh,
            boolean crowd) {
        double width = CMath.lesser(dw + dx, gw + gx) - CMath.greater(dx, gx);
        if (width <= 0) {
            return 0;
        }
        double height = CMath.lesser(dh + dy, gh + gy) - CMath.greater(dy, gy);
        if (height <= 0) {
            return 0;
        }
        double intersection = width * height;
        double detectionArea = dw * dh;
        double truthArea = gw * gh;
        return intersection / (crowd ? detectionArea : detectionArea + truthArea - intersection);
    }
}
