package dev.fern.cocoeval;

import java.util.Arrays;

/**
 * Evaluates one category (or all as one) over all images: matches detections with ground truth in
 * every image, area range and IoU threshold, then accumulates precision over recall. Follows
 * pycocotools' {@code computeIoU}, {@code evaluateImg} and {@code accumulate}.
 *
 * <p>Up to 64 thresholds are carried at a time, a bit each in a {@code long}.
 */
final class CategoryEvaluation {
    private static final int BITS = Long.SIZE;

    /** {@code numpy.spacing(1)}. */
    private static final double EPSILON = Math.ulp(1.0);

    private final EvaluationInput input;
    private final EvaluationArrays arrays;
    private final int category;
    private final int[] truths;
    private final int[] truthStarts;
    private final int[] detections;
    private final int[] detectionStarts;
    private final double[] scores;
    private final double[] boxes;
    private final AreaRange[] areas;

    // One image at a time
    private final int[] spare;
    private double[] ious = new double[64];
    private boolean[] mayMatch = new boolean[16];
    private final long[] taken;
    private final boolean[] ignored;
    private final int[] truthOrder;

    // All detections that are within the largest maxDets of their image, image by image
    private final int[] kept;
    private final int[] rank;
    private final int[] rankFromEnd;
    private int keptCount;
    private final long[][] truePositive;
    private final long[][] disregarded;
    private final int[] matched;
    private final int[] positives;

    /**
     * @param category where the results go in the arrays' dimension K
     * @param truths indices of annotations, of one image in the order that ties go by
     * @param detections indices of detections, likewise
     */
    CategoryEvaluation(
            EvaluationInput input,
            EvaluationArrays arrays,
            int category,
            int[] truths,
            int[] detections) {
        this.input = input;
        this.arrays = arrays;
        this.category = category;
        truthStarts = new int[input.imageCount() + 1];
        this.truths = byImage(truths, input.annotationImages(), truthStarts);
        detectionStarts = new int[input.imageCount() + 1];
        this.detections = byImage(detections, input.detectionImages(), detectionStarts);
        scores = input.results().scores();
        boxes = input.results().boxes();
        areas = input.parameters().areaRng().toArray(AreaRange[]::new);
        spare = new int[detections.length];
        taken = new long[truths.length];
        ignored = new boolean[truths.length];
        truthOrder = new int[truths.length];
        kept = new int[detections.length];
        rank = new int[detections.length];
        rankFromEnd = new int[detections.length];
        truePositive = new long[areas.length][detections.length];
        disregarded = new long[areas.length][detections.length];
        matched = new int[detections.length];
        positives = new int[areas.length];
    }

    /** Sorts indices by image, stably; leaves in {@code starts} where each image's begin. */
    private static int[] byImage(int[] members, int[] images, int[] starts) {
        for (int member : members) {
            starts[images[member] + 1]++;
        }
        for (int image = 1; image < starts.length; image++) {
            starts[image] += starts[image - 1];
        }
        int[] next = starts.clone();
        int[] sorted = new int[members.length];
        for (int member : members) {
            sorted[next[images[member]]++] = member;
        }
        return sorted;
    }

    void run() throws CocoFormatException {
        double[] thresholds = arrays.iouThrs();
        int first = 0;
        do {
            int count = Math.min(BITS, thresholds.length - first);
            double[] chunk = new double[count];
            for (int t = 0; t < count; t++) {
                chunk[t] = leastIou(thresholds[first + t]);
            }
            match(chunk);
            accumulate(first, count);
            first += count;
        } while (first < thresholds.length);
    }

    /** Not {@code Math.min}, since Python's lets NaN pass. */
    private static double leastIou(double threshold) {
        return 1 - 1e-10 < threshold ? 1 - 1e-10 : threshold;
    }

    /** Matches at one threshold, for parameters of a single area range, and keeps the pairs. */
    CategoryMatches matchAt(double threshold) throws CocoFormatException {
        match(new double[] {leastIou(threshold)});
        boolean[] right = new boolean[keptCount];
        boolean[] neither = new boolean[keptCount];
        for (int i = 0; i < keptCount; i++) {
            right[i] = truePositive[0][i] != 0;
            neither[i] = disregarded[0][i] != 0;
        }
        return new CategoryMatches(
                truths, ignored, Arrays.copyOf(kept, keptCount), matched, right, neither);
    }

    // Matching

    private void match(double[] thresholds) throws CocoFormatException {
        keptCount = 0;
        Arrays.fill(positives, 0);
        for (int image = 0; image < input.imageCount(); image++) {
            int truthCount = truthStarts[image + 1] - truthStarts[image];
            int detectionCount = detectionStarts[image + 1] - detectionStarts[image];
            if (truthCount > 0 || detectionCount > 0) {
                matchImage(image, thresholds);
            }
        }
    }

    private void matchImage(int image, double[] thresholds) throws CocoFormatException {
        int firstTruth = truthStarts[image];
        int endTruth = truthStarts[image + 1];
        int firstDetection = detectionStarts[image];
        int endDetection = detectionStarts[image + 1];
        input.requireUsable(truths, firstTruth, endTruth);
        input.requireScores(detections, firstDetection, endDetection);
        ScoreOrder.sort(detections, firstDetection, endDetection, scores, spare);
        int count = cut(endDetection - firstDetection, arrays.largestMaxDets());
        for (int d = 0; d < count; d++) {
            int detection = detections[firstDetection + d];
            input.requireBox(detection);
            kept[keptCount + d] = detection;
            rank[keptCount + d] = d;
            rankFromEnd[keptCount + d] = d - count;
        }
        boolean any = computeIous(firstTruth, endTruth, count, thresholds);
        for (int a = 0; a < areas.length; a++) {
            orderTruths(firstTruth, endTruth, a);
            if (any) {
                Arrays.fill(taken, firstTruth, endTruth, 0);
            }
            for (int d = 0; d < count; d++) {
                int at = 4 * kept[keptCount + d];
                boolean outside = areas[a].excludes(boxes[at + 2] * boxes[at + 3]);
                long unmatched = outside ? -1L : 0;
                truePositive[a][keptCount + d] = 0;
                disregarded[a][keptCount + d] = unmatched;
                matched[keptCount + d] = CategoryMatches.NONE;
                if (any && mayMatch[d]) {
                    matchDetection(firstTruth, endTruth, a, d, thresholds, outside);
                }
            }
        }
        keptCount += count;
    }

    /** The length of Python's {@code [0:limit]}. */
    private static int cut(int length, int limit) {
        return limit >= 0 ? Math.min(length, limit) : Math.max(0, length + limit);
    }

    /** Fills {@link #ious} and {@link #mayMatch}; says whether any detection may match. */
    private boolean computeIous(int firstTruth, int endTruth, int count, double[] thresholds) {
        int truthCount = endTruth - firstTruth;
        if (truthCount == 0 || count == 0) {
            return false;
        }
        if (ious.length < Math.multiplyExact(truthCount, count)) {
            ious = new double[Math.max(truthCount * count, 2 * ious.length)];
        }
        if (mayMatch.length < count) {
            mayMatch = new boolean[Math.max(count, 2 * mayMatch.length)];
        }
        double least = Double.POSITIVE_INFINITY;
        for (double threshold : thresholds) {
            least = Math.min(least, threshold);
        }
        boolean any = false;
        for (int d = 0; d < count; d++) {
            int at = 4 * kept[keptCount + d];
            boolean may = false;
            for (int g = 0; g < truthCount; g++) {
                int truth = truths[firstTruth + g];
                double iou =
                        BoxOverlap.iou(
                                boxes, at, input.truthBoxes(), 4 * truth, input.isCrowd(truth));
                ious[d * truthCount + g] = iou;
                // written so that NaN, which no comparison stops, passes
                may |= !(iou < least);
            }
            mayMatch[d] = may;
            any |= may;
        }
        return any;
    }

    /** Ignored ones last, each part in the order given. */
    private void orderTruths(int firstTruth, int endTruth, int area) {
        int at = firstTruth;
        for (int g = firstTruth; g < endTruth; g++) {
            ignored[g] =
                    input.isIgnored(truths[g]) || areas[area].excludes(input.truthArea(truths[g]));
            if (!ignored[g]) {
                truthOrder[at++] = g;
            }
        }
        positives[area] += at - firstTruth;
        for (int g = firstTruth; g < endTruth; g++) {
            if (ignored[g]) {
                truthOrder[at++] = g;
            }
        }
    }

    private void matchDetection(
            int firstTruth, int endTruth, int area, int d, double[] thresholds, boolean outside)
            throws CocoFormatException {
        int row = d * (endTruth - firstTruth) - firstTruth;
        long right = 0;
        long neither = 0;
        for (int t = 0; t < thresholds.length; t++) {
            double best = thresholds[t];
            int match = -1;
            for (int o = firstTruth; o < endTruth; o++) {
                int g = truthOrder[o];
                if ((taken[g] >>> t & 1) != 0 && !input.isCrowd(truths[g])) {
                    continue;
                }
                if (match >= 0 && !ignored[match] && ignored[g]) {
                    break;
                }
                if (ious[row + g] < best) {
                    continue;
                }
                best = ious[row + g];
                match = g;
            }
            long bit = 1L << t;
            // a match with the annotation of id 0 is stored as 0, which means none
            boolean counts = match >= 0 && input.matchCounts(truths[match]);
            if (match >= 0) {
                taken[match] |= bit;
                matched[keptCount + d] = match;
            }
            if (match >= 0 && ignored[match] || !counts && outside) {
                neither |= bit;
            } else if (counts) {
                right |= bit;
            }
        }
        truePositive[area][keptCount + d] = right;
        disregarded[area][keptCount + d] = neither;
    }

    // Accumulating

    private void accumulate(int firstThreshold, int count) {
        int[] order = new int[keptCount];
        double[] keptScores = new double[keptCount];
        for (int i = 0; i < keptCount; i++) {
            order[i] = i;
            keptScores[i] = scores[kept[i]];
        }
        ScoreOrder.sort(order, 0, keptCount, keptScores, spare);
        for (int a = 0; a < areas.length; a++) {
            if (positives[a] == 0) {
                continue;
            }
            int[] needed = truePositivesNeeded(positives[a]);
            for (int m = 0; m < arrays.maxDets().length; m++) {
                curves(firstThreshold, count, a, m, order, keptScores, needed);
            }
        }
    }

    /**
     * How many true positives reach each recall threshold: {@code searchsorted(recall, recThrs,
     * side="left")} in terms of counts. Beyond all positives where none do.
     */
    private int[] truePositivesNeeded(int positiveCount) {
        double[] recThrs = arrays.recThrs();
        int[] needed = new int[recThrs.length];
        for (int r = 0; r < recThrs.length; r++) {
            int low = 0;
            int high = positiveCount + 1;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if ((double) middle / positiveCount >= recThrs[r]) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            needed[r] = low;
        }
        return needed;
    }

    private void curves(
            int firstThreshold,
            int count,
            int a,
            int m,
            int[] order,
            double[] keptScores,
            int[] needed) {
        int limit = arrays.maxDets()[m];
        int[] ranks = limit >= 0 ? rank : rankFromEnd;
        long all = count == BITS ? -1L : (1L << count) - 1;
        // most detections are false at every threshold, so only the others are counted one by one
        int seen = 0;
        int[] notFalse = new int[count];
        int[] right = new int[count];
        // an ignored truth makes no true positive, any other at most one, so these are long enough
        double[][] precision = new double[count][Math.min(positives[a], keptCount)];
        double[][] score = new double[count][Math.min(positives[a], keptCount)];
        double firstScore = Double.NaN;
        for (int i : order) {
            if (ranks[i] >= limit) {
                continue;
            }
            if (seen++ == 0) {
                firstScore = keptScores[i];
            }
            long rightAt = truePositive[a][i] & all;
            for (long left = (rightAt | disregarded[a][i]) & all; left != 0; left &= left - 1) {
                int t = Long.numberOfTrailingZeros(left);
                notFalse[t]++;
                if ((rightAt >>> t & 1) != 0) {
                    double truePositives = right[t] + 1;
                    double falsePositives = seen - notFalse[t];
                    precision[t][right[t]] =
                            truePositives / (falsePositives + truePositives + EPSILON);
                    score[t][right[t]] = keptScores[i];
                    right[t]++;
                }
            }
        }
        for (int t = 0; t < count; t++) {
            double[] envelope = precision[t];
            for (int i = right[t] - 1; i > 0; i--) {
                envelope[i - 1] = Math.max(envelope[i - 1], envelope[i]);
            }
            arrays.recall()[arrays.recallIndex(firstThreshold + t, category, a, m)] =
                    (double) right[t] / positives[a];
            boolean reached = seen > 0;
            for (int r = 0; r < needed.length; r++) {
                // pycocotools' loop ends at the first recall that is not reached
                reached &= needed[r] <= right[t];
                int at = arrays.precisionIndex(firstThreshold + t, r, category, a, m);
                int nth = Math.max(0, needed[r] - 1);
                arrays.precision()[at] = reached && nth < right[t] ? envelope[nth] : 0;
                arrays.scores()[at] = !reached ? 0 : needed[r] == 0 ? firstScore : score[t][nth];
            }
        }
    }
}
