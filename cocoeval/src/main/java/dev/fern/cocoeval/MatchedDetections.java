package dev.fern.cocoeval;

/**
 * One category's detections by falling score, with what each is at up to 64 IoU thresholds: all
 * that accumulating needs, for every draw of images anew.
 *
 * @param firstThreshold of those that are covered
 * @param thresholdCount how many are covered, a bit each below
 * @param order the detections
 * @param positives by area range: the image of each truth that is to be found, images ascending
 * @param truePositive [A][N]: thresholds at which a detection finds such a truth
 * @param disregarded [A][N]: thresholds at which it counts neither as right nor as wrong
 */
record MatchedDetections(
        int firstThreshold,
        int thresholdCount,
        Order order,
        int[][] positives,
        long[][] truePositive,
        long[][] disregarded) {

    /**
     * N detections by falling score, those of one score by image and rank.
     *
     * @param images 0-based
     * @param ranks 0 for the best of its image and category
     * @param ranksFromEnd -1 for the worst that maxDets leaves
     */
    record Order(int[] images, double[] scores, int[] ranks, int[] ranksFromEnd) {
        Order(int size) {
            this(new int[size], new double[size], new int[size], new int[size]);
        }

        int size() {
            return images.length;
        }

        /** Where the detections end that have the score and image of this one. */
        int endOfTies(int place) {
            int end = place + 1;
            while (end < images.length
                    && images[end] == images[place]
                    && !ScoreOrder.before(scores[place], scores[end])) {
                end++;
            }
            return end;
        }
    }

    /** Nothing matched yet. */
    MatchedDetections(int firstThreshold, int thresholdCount, Order order, int[][] positives) {
        this(
                firstThreshold,
                thresholdCount,
                order,
                positives,
                new long[positives.length][order.size()],
                new long[positives.length][order.size()]);
    }
}
