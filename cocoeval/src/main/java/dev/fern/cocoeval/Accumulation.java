package dev.fern.cocoeval;

import java.util.Arrays;

/**
 * Turns matched detections into precision over recall, following pycocotools' {@code accumulate}.
 * Every image may count several times: the result is that of a data set in which copies of it stand
 * side by side.
 *
 * <p>Not safe for use by several threads at once: it holds arrays to work in.
 */
final class Accumulation {
    /** {@code numpy.spacing(1)}. */
    private static final double EPSILON = Math.ulp(1.0);

    private final EvaluationArrays arrays;
    private final boolean[][] wanted;
    private final int[] copies;

    private final int[] needed;
    private int[] right = {};
    private int[] notFalse = {};
    private double[][] precision = {};
    private double[][] score = {};
    private int seen;
    private boolean any;
    private double bestScore;

    /**
     * @param arrays where results go
     * @param wanted [A][M]: which parts of the arrays to fill
     * @param copies by image: how many times it counts, 0 for not at all
     */
    Accumulation(EvaluationArrays arrays, boolean[][] wanted, int[] copies) {
        this.arrays = arrays;
        this.wanted = wanted;
        this.copies = copies;
        needed = new int[arrays.recThrs().length];
    }

    /**
     * Fills what the arrays have of one category and some thresholds.
     *
     * @param category the arrays' dimension K
     */
    void accumulate(int category, MatchedDetections matched) {
        for (int a = 0; a < matched.areas().length; a++) {
            MatchedDetections.Area area = matched.areas()[a];
            int positives = 0;
            for (int image : area.positives()) {
                positives += copies[image];
            }
            if (positives == 0) {
                continue;
            }
            truePositivesNeeded(positives);
            for (int m = 0; m < arrays.maxDets().length; m++) {
                if (wanted[a][m]) {
                    findBest(matched.order(), arrays.maxDets()[m]);
                    count(area, arrays.maxDets()[m], matched.thresholdCount(), positives);
                    for (int t = 0; t < matched.thresholdCount(); t++) {
                        store(matched.firstThreshold(), t, category, a, m, positives);
                    }
                }
            }
        }
    }

    /**
     * How many true positives reach each recall threshold: {@code searchsorted(recall, recThrs,
     * side="left")} in terms of counts; {@code positives + 1} where none do.
     */
    private void truePositivesNeeded(int positives) {
        double[] recThrs = arrays.recThrs();
        for (int r = 0; r < recThrs.length; r++) {
            // the guess may be off by rounding; the comparisons decide
            double guess = Math.ceil(recThrs[r] * positives);
            int count = (int) Math.max(0, Math.min(positives + 1.0, guess));
            while (count > 0 && (double) (count - 1) / positives >= recThrs[r]) {
                count--;
            }
            while (count <= positives && !((double) count / positives >= recThrs[r])) {
                count++;
            }
            needed[r] = count;
        }
    }

    /** Finds the score of the first detection, even if that counts at no threshold. */
    private void findBest(MatchedDetections.Order order, int limit) {
        any = false;
        for (int place = 0; place < order.size() && !any; place++) {
            any = copies[order.images()[place]] > 0 && order.ranks(limit)[place] < limit;
            bestScore = order.scores()[place];
        }
    }

    /** Goes through the detections, leaving precision and score at each true positive. */
    private void count(MatchedDetections.Area area, int limit, int thresholds, int positives) {
        start(thresholds, positives);
        MatchedDetections.Order order = area.order();
        int[] ranks = order.ranks(limit);
        for (int place = 0; place < order.size(); ) {
            int times = copies[order.images()[place]];
            // among several copies of an image, ties come copy by copy
            int end = times > 1 ? order.endOfTies(place) : place + 1;
            for (; times > 0; times--) {
                for (int i = place; i < end; i++) {
                    if (ranks[i] < limit) {
                        see(area.truePositive()[i], area.disregarded()[i], order.scores()[i]);
                    }
                }
            }
            place = end;
        }
    }

    private void start(int thresholds, int positives) {
        if (right.length != thresholds) {
            right = new int[thresholds];
            notFalse = new int[thresholds];
            precision = new double[thresholds][0];
            score = new double[thresholds][0];
        }
        Arrays.fill(right, 0);
        Arrays.fill(notFalse, 0);
        for (int t = 0; t < thresholds; t++) {
            // an ignored truth makes no true positive, any other at most one
            if (precision[t].length < positives) {
                precision[t] = new double[positives];
                score[t] = new double[positives];
            }
        }
        seen = 0;
    }

    private void see(long truePositive, long disregarded, double itsScore) {
        seen++;
        // most are false at every threshold, so only the others are counted one by one
        for (long left = truePositive | disregarded; left != 0; left &= left - 1) {
            int t = Long.numberOfTrailingZeros(left);
            notFalse[t]++;
            if ((truePositive >>> t & 1) != 0) {
                double truePositives = right[t] + 1;
                double falsePositives = seen - notFalse[t];
                precision[t][right[t]] = truePositives / (falsePositives + truePositives + EPSILON);
                score[t][right[t]] = itsScore;
                right[t]++;
            }
        }
    }

    private void store(int firstThreshold, int t, int category, int a, int m, int positives) {
        double[] envelope = precision[t];
        for (int i = right[t] - 1; i > 0; i--) {
            envelope[i - 1] = Math.max(envelope[i - 1], envelope[i]);
        }
        int threshold = firstThreshold + t;
        arrays.recall()[arrays.recallIndex(threshold, category, a, m)] =
                (double) right[t] / positives;
        boolean reached = any;
        for (int r = 0; r < needed.length; r++) {
            // pycocotools' loop ends at the first recall that is not reached
            reached &= needed[r] <= right[t];
            int at = arrays.precisionIndex(threshold, r, category, a, m);
            int nth = Math.max(0, needed[r] - 1);
            arrays.precision()[at] = reached && nth < right[t] ? envelope[nth] : 0;
            arrays.scores()[at] = !reached ? 0 : needed[r] == 0 ? bestScore : score[t][nth];
        }
    }
}
