package dev.fern.cocoeval;

import dev.fern.cocoeval.EvaluationParameters.AreaRange;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.numpy.ScoreOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matches the detections of one category (or of all as one) with ground truth in every image, area
 * range and IoU threshold. Follows pycocotools' {@code computeIoU} and {@code evaluateImg}.
 *
 * <p>Up to 64 thresholds are carried at a time, one bit per threshold in a {@code long}.
 */
final class CategoryMatching {
    private static final int BITS = Long.SIZE;

    private final EvaluationInput input;
    private final int[] truths;
    private final int[] truthStarts;
    private final Overlaps overlaps;
    private final AreaRange[] areas;

    // Room for one image at a time
    private double[] ious = new double[64];
    private boolean[] mayMatch = new boolean[16];
    private double[] detectionAreas = new double[16];
    private final long[] taken;
    private final boolean[] ignored;
    private final int[] truthOrder;
    private long right;
    private long neither;

    /** Image by image, the best detections of the image, up to the largest maxDets. */
    private final int[] kept;

    private final int[] keptStarts;

    /** By index into {@link #kept}: the detection's place by falling score. */
    private final int[] places;

    private final MatchedDetections.Order order;

    // By area range and place, one bit per threshold
    private long allThresholds;
    private long[][] truePositive;
    private long[][] disregarded;

    /** By index into {@link #kept}: the last match, a position in {@link #truths}. */
    private final int[] matched;

    /**
     * @param category which of the input's groups
     * @throws CocoFormatException on records over which pycocotools would stumble
     */
    CategoryMatching(EvaluationInput input, int category) throws CocoFormatException {
        this.input = input;
        truthStarts = new int[input.imageCount() + 1];
        truths = byImage(input.truths(category), input.annotationImages(), truthStarts);
        overlaps = Overlaps.of(input);
        areas = input.parameters().areaRng().toArray(AreaRange[]::new);
        taken = new long[truths.length];
        ignored = new boolean[truths.length];
        truthOrder = new int[truths.length];
        keptStarts = new int[input.imageCount() + 1];
        kept = keep(input.detections(category));
        places = new int[kept.length];
        matched = new int[kept.length];
        input.refusals().requireNegatable(kept, keptStarts, truthStarts);
        order = sort();
    }

    /**
     * Sorts indices by image, stably; fills {@code starts} with where each image's indices begin.
     */
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

    /** Checks the records of every image, sorts its detections and cuts them at maxDets. */
    private int[] keep(int[] members) throws CocoFormatException {
        int[] starts = new int[input.imageCount() + 1];
        int[] detections = byImage(members, input.detectionImages(), starts);
        double[] scores = input.results().scores();
        int[] spare = new int[detections.length];
        int limit = input.parameters().maxDets().stream().max(Integer::compare).orElseThrow();
        int count = 0;
        for (int image = 0; image < input.imageCount(); image++) {
            int from = starts[image];
            int to = starts[image + 1];
            input.refusals()
                    .requireUsable(
                            truths, truthStarts[image], truthStarts[image + 1], input.ignored());
            input.refusals().requireScores(detections, from, to);
            ScoreOrder.sort(detections, from, to, scores, spare);
            int end = from + cut(to - from, limit);
            for (int d = from; d < end; d++) {
                input.refusals().requireComparable(detections[d]);
                detections[count++] = detections[d];
            }
            keptStarts[image + 1] = count;
        }
        return count == detections.length ? detections : Arrays.copyOf(detections, count);
    }

    /** The length of Python's {@code [0:limit]}. */
    static int cut(int length, int limit) {
        return limit >= 0 ? Math.min(length, limit) : Math.max(0, length + limit);
    }

    /** Brings what was kept into the order of falling scores, and fills {@link #places}. */
    private MatchedDetections.Order sort() {
        int[] sorted = new int[kept.length];
        double[] keptScores = new double[kept.length];
        for (int i = 0; i < kept.length; i++) {
            sorted[i] = i;
            keptScores[i] = input.results().scores()[kept[i]];
        }
        ScoreOrder.sort(sorted, 0, kept.length, keptScores, new int[kept.length]);
        MatchedDetections.Order order = new MatchedDetections.Order(kept.length);
        for (int place = 0; place < kept.length; place++) {
            int i = sorted[place];
            int image = input.detectionImages()[kept[i]];
            places[i] = place;
            order.images()[place] = image;
            order.scores()[place] = keptScores[i];
            order.ranks()[place] = i - keptStarts[image];
            order.ranksFromEnd()[place] = i - keptStarts[image + 1];
        }
        return order;
    }

    /** Matches at all thresholds, up to 64 of them in each element of the result. */
    List<MatchedDetections> run() throws CocoFormatException {
        List<Double> thresholds = input.parameters().iouThrs();
        List<MatchedDetections> runs = new ArrayList<>();
        if (thresholds.isEmpty()) {
            // pycocotools compares all the same, and may refuse
            match(new double[0]);
        }
        for (int first = 0; first < thresholds.size(); first += BITS) {
            double[] some =
                    thresholds.stream()
                            .skip(first)
                            .limit(BITS)
                            .mapToDouble(CategoryMatching::leastIou)
                            .toArray();
            match(some);
            runs.add(matched(first, some.length));
        }
        return runs;
    }

    /** Not {@code Math.min}, since Python's lets NaN pass. */
    private static double leastIou(double threshold) {
        return 1 - 1e-10 < threshold ? 1 - 1e-10 : threshold;
    }

    /** Matches at one threshold, for parameters of a single area range, and keeps the pairs. */
    Pairs matchAt(double threshold) throws CocoFormatException {
        match(new double[] {leastIou(threshold)});
        boolean[] found = new boolean[kept.length];
        boolean[] left = new boolean[kept.length];
        for (int i = 0; i < kept.length; i++) {
            found[i] = truePositive[0][places[i]] != 0;
            left[i] = disregarded[0][places[i]] != 0;
        }
        for (int g = 0; g < truths.length; g++) {
            ignored[g] = isIgnored(truths[g], areas[0]);
        }
        return new Pairs(truths, ignored, kept, matched, found, left);
    }

    private void match(double[] thresholds) throws CocoFormatException {
        int count = thresholds.length;
        allThresholds = count == BITS ? -1L : (1L << count) - 1;
        truePositive = new long[areas.length][kept.length];
        disregarded = new long[areas.length][kept.length];
        Arrays.fill(matched, Pairs.NONE);
        for (int image = 0; image < input.imageCount(); image++) {
            if (keptStarts[image + 1] > keptStarts[image]) {
                matchImage(image, thresholds);
            }
        }
    }

    private MatchedDetections matched(int firstThreshold, int count) {
        MatchedDetections.Area[] byArea = new MatchedDetections.Area[areas.length];
        for (int a = 0; a < areas.length; a++) {
            byArea[a] =
                    MatchedDetections.Area.of(
                            positives(areas[a]),
                            order,
                            truePositive[a],
                            disregarded[a],
                            allThresholds);
        }
        return new MatchedDetections(firstThreshold, count, order, byArea);
    }

    /** The images of the truths to be found, one entry per truth. */
    private int[] positives(AreaRange area) {
        return Arrays.stream(truths)
                .filter(truth -> !isIgnored(truth, area))
                .map(truth -> input.annotationImages()[truth])
                .toArray();
    }

    private boolean isIgnored(int truth, AreaRange area) {
        return input.isIgnored(truth) || area.excludes(input.truthArea(truth));
    }

    private void matchImage(int image, double[] thresholds) throws CocoFormatException {
        int firstTruth = truthStarts[image];
        int endTruth = truthStarts[image + 1];
        int first = keptStarts[image];
        int count = keptStarts[image + 1] - first;
        boolean any = computeIous(firstTruth, endTruth, first, count, thresholds);
        if (detectionAreas.length < count) {
            detectionAreas = new double[Math.max(count, 2 * detectionAreas.length)];
        }
        for (int d = 0; d < count; d++) {
            detectionAreas[d] = input.results().area(kept[first + d]);
        }
        for (int a = 0; a < areas.length; a++) {
            if (any) {
                orderTruths(firstTruth, endTruth, areas[a]);
                Arrays.fill(taken, firstTruth, endTruth, 0);
            }
            for (int d = 0; d < count; d++) {
                boolean outside = areas[a].excludes(detectionAreas[d]);
                int place = places[first + d];
                if (any && mayMatch[d]) {
                    matchDetection(firstTruth, endTruth, first, d, thresholds, outside);
                    truePositive[a][place] = right;
                    disregarded[a][place] = neither;
                } else if (outside) {
                    disregarded[a][place] = allThresholds;
                }
            }
        }
    }

    /** Fills {@link #ious} and {@link #mayMatch}; says whether any detection may match. */
    private boolean computeIous(
            int firstTruth, int endTruth, int first, int count, double[] thresholds)
            throws CocoFormatException {
        int truthCount = endTruth - firstTruth;
        if (truthCount == 0 || count == 0 || !input.comparesAny()) {
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
        overlaps.compute(truths, firstTruth, endTruth, kept, first, count, ious);
        boolean any = false;
        for (int d = 0; d < count; d++) {
            boolean may = false;
            for (int i = d * truthCount; i < (d + 1) * truthCount; i++) {
                // written so that NaN, which no comparison stops, passes
                may |= !(ious[i] < least);
            }
            mayMatch[d] = may;
            any |= may;
        }
        return any;
    }

    /** Fills {@link #truthOrder}: ignored truths last, both parts in the order given. */
    private void orderTruths(int firstTruth, int endTruth, AreaRange area) {
        int at = firstTruth;
        for (int g = firstTruth; g < endTruth; g++) {
            ignored[g] = isIgnored(truths[g], area);
            if (!ignored[g]) {
                truthOrder[at++] = g;
            }
        }
        for (int g = firstTruth; g < endTruth; g++) {
            if (ignored[g]) {
                truthOrder[at++] = g;
            }
        }
    }

    /**
     * Matches one detection; leaves one bit per threshold in {@link #right} and {@link #neither}.
     */
    private void matchDetection(
            int firstTruth, int endTruth, int first, int d, double[] thresholds, boolean outside)
            throws CocoFormatException {
        int row = d * (endTruth - firstTruth) - firstTruth;
        right = 0;
        neither = 0;
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
            boolean counts = match >= 0 && input.refusals().matchCounts(truths[match]);
            if (match >= 0) {
                taken[match] |= bit;
                matched[first + d] = match;
            }
            if (match >= 0 && ignored[match] || !counts && outside) {
                neither |= bit;
            } else if (counts) {
                right |= bit;
            }
        }
    }

    /**
     * What matched what in one category at one IoU threshold, image by image.
     *
     * @param truths indices of annotations
     * @param ignoredTruths by position in {@code truths}
     * @param detections indices of detections, in each image by falling score
     * @param matched by position in {@code detections}: a position in {@code truths}, or {@link
     *     #NONE}
     * @param right whether the detection counts as a true positive
     * @param disregarded whether it counts as neither true nor false
     */
    record Pairs(
            int[] truths,
            boolean[] ignoredTruths,
            int[] detections,
            int[] matched,
            boolean[] right,
            boolean[] disregarded) {
        static final int NONE = -1;
    }
}
