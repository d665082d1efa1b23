package dev.fern.detection.model;

/**
 * How outputs become detections.
 *
 * @param scoreThreshold the score of a candidate must be above this; 0.05 in torchvision
 * @param nmsIou where two boxes of one category overlap more than this, the one with the lower
 *     score is dropped; 0.5 in the paper
 * @param candidatesPerLevel number of best candidates that are kept of each pyramid level; 1000 in
 *     the paper
 * @param maxDetections number of best detections that are kept of each image; 100 in COCO's
 *     evaluation
 */
public record PostProcessing(
        double scoreThreshold, double nmsIou, int candidatesPerLevel, int maxDetections) {

    /**
     * A threshold of 0.05, an overlap of 0.5, 1000 candidates per level, 100 detections per image.
     */
    public static final PostProcessing DEFAULT = new PostProcessing(0.05, 0.5, 1000, 100);

    /**
     * Checks the ranges.
     *
     * @param scoreThreshold 0 to 1
     * @param nmsIou 0 to 1
     * @param candidatesPerLevel at least 1
     * @param maxDetections at least 1
     * @throws IllegalArgumentException if one is out of its range
     */
    public PostProcessing {
        if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
            throw new IllegalArgumentException(
                    "score threshold must be in [0, 1], not " + scoreThreshold);
        }
        if (!(nmsIou >= 0 && nmsIou <= 1)) {
            throw new IllegalArgumentException("NMS IoU must be in [0, 1], not " + nmsIou);
        }
        if (candidatesPerLevel < 1 || maxDetections < 1) {
            throw new IllegalArgumentException(
                    "candidates per level and detections per image must be at least 1, not "
                            + candidatesPerLevel
                            + " and "
                            + maxDetections);
        }
    }

    /**
     * {@return the same parameters with another score threshold}
     *
     * @param threshold 0 to 1
     */
    public PostProcessing withScoreThreshold(double threshold) {
        return new PostProcessing(threshold, nmsIou, candidatesPerLevel, maxDetections);
    }

    /**
     * {@return the same parameters with another overlap for non-maximum suppression}
     *
     * @param iou 0 to 1
     */
    public PostProcessing withNmsIou(double iou) {
        return new PostProcessing(scoreThreshold, iou, candidatesPerLevel, maxDetections);
    }

    /**
     * {@return the same parameters with another number of detections per image}
     *
     * @param detections at least 1
     */
    public PostProcessing withMaxDetections(int detections) {
        return new PostProcessing(scoreThreshold, nmsIou, candidatesPerLevel, detections);
    }
}
