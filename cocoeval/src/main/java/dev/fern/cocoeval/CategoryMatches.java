package dev.fern.cocoeval;

/**
 * What matched what in one category at one IoU threshold, image by image.
 *
 * @param truths indices of annotations
 * @param ignoredTruths by position in {@code truths}
 * @param detections indices of detections, in each image by falling score
 * @param matched by position in {@code detections}: a position in {@code truths}, or {@link #NONE}
 * @param right whether the detection counts as a true positive
 * @param disregarded whether it counts as neither true nor false
 */
record CategoryMatches(
        int[] truths,
        boolean[] ignoredTruths,
        int[] detections,
        int[] matched,
        boolean[] right,
        boolean[] disregarded) {
    static final int NONE = -1;
}
