package dev.fern.cocoeval;

import dev.fern.cocoeval.numpy.ScoreOrder;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The detections of one category by falling score, with what each counts as at up to 64 IoU
 * thresholds: all that accumulating needs, however often each image is drawn.
 *
 * @param firstThreshold position of the first threshold that is covered
 * @param thresholdCount how many are covered, one bit per threshold in the areas' numbers
 * @param order all detections
 * @param areas by area range
 */
record MatchedDetections(int firstThreshold, int thresholdCount, Order order, Area[] areas) {

    /**
     * N detections by falling score; those of one score by image and rank.
     *
     * @param images the image of each, 0-based
     * @param ranks among the detections of its image, 0 for the best
     * @param ranksFromEnd the same from the end, -1 for the worst that maxDets leaves
     */
    record Order(int[] images, double[] scores, int[] ranks, int[] ranksFromEnd) {
        Order(int size) {
            this(new int[size], new double[size], new int[size], new int[size]);
        }

        int size() {
            return images.length;
        }

        /** The ranks to compare with a limit of maxDets: those below it stay. */
        int[] ranks(int limit) {
            return limit >= 0 ? ranks : ranksFromEnd;
        }

        /** The place after the last detection with the score and image of this one. */
        int endOfTies(int place) {
            int end = place + 1;
            while (end < images.length
                    && images[end] == images[place]
                    && !ScoreOrder.before(scores[place], scores[end])) {
                end++;
            }
            return end;
        }

        Order at(int[] places) {
            return new Order(
                    select(images, places),
                    Arrays.stream(places).mapToDouble(place -> scores[place]).toArray(),
                    select(ranks, places),
                    select(ranksFromEnd, places));
        }

        private static int[] select(int[] from, int[] places) {
            return Arrays.stream(places).map(place -> from[place]).toArray();
        }
    }

    /**
     * What counts in one area range.
     *
     * @param positives the image of each truth that is to be found, images ascending
     * @param order the detections that count at any threshold
     * @param truePositive by detection: thresholds at which it finds such a truth
     * @param disregarded by detection: thresholds at which it is neither right nor wrong
     */
    record Area(int[] positives, Order order, long[] truePositive, long[] disregarded) {

        /** Leaves out of N detections those that count at no threshold. */
        static Area of(
                int[] positives,
                Order order,
                long[] truePositive,
                long[] disregarded,
                long allThresholds) {
            int[] counting =
                    IntStream.range(0, order.size())
                            .filter(i -> disregarded[i] != allThresholds)
                            .toArray();
            return new Area(
                    positives,
                    order.at(counting),
                    select(truePositive, counting),
                    select(disregarded, counting));
        }

        private static long[] select(long[] from, int[] places) {
            return Arrays.stream(places).mapToLong(place -> from[place]).toArray();
        }
    }
}
