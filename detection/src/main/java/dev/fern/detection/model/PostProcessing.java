package dev.fern.detection.model;

/**
 * How outputs become detections.
 *
 * @param scoreThreshold a candidate's score must be above this; 0.05 in the references
 * @param nmsIou of two boxes of one category that overlap more than this, the lower scored goes;
 *     0.5
 * @param candidatesPerLevel best candidates kept of each pyramid level; 1000
 * @param maxDetections best detections kept of each image; 100 in COCO's evaluation
 */
public record PostProcessing(
        double scoreThreshold, double nmsIou, int candidatesPerLevel, int maxDetections) {

    /** The references' values with COCO's 100 detections. */
    public static final PostProcessing DEFAULT = new PostProcessing(0.05, 0.5, 1000, 100);

    /** Checks the ranges. */
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
                    "candidates per level and detections per image must be at least 1");
        }
    }

    /** Returns the same with another score threshold. */
    public PostProcessing withScoreThreshold(double threshold) {
        return new PostProcessing(threshold, nmsIou, candidatesPerLevel, maxDetections);
    }
}
