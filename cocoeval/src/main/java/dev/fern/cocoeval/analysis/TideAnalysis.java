package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.TideErrors.Kind.MISSED;

import dev.fern.cocoeval.Matching;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sorts errors into TIDE's six kinds ({@link DetectionError}) and mends one kind at a time.
 *
 * <p>Mending makes a detection of the kinds classification and localisation right if its object is
 * not found and no other detection of these two kinds on that object has a higher score. Otherwise,
 * and in the kinds both, duplicate and background, mending removes the detection. Mending missed
 * objects removes them from those to be found. A category without objects and detections left drops
 * out of the mean. As in the authors' code, a mending that lowers AP counts as 0.
 *
 * <p>Unlike there, matching and ignored detections are the evaluator's, so that the AP is COCO's,
 * and a category without objects is no part of the mean.
 */
final class TideAnalysis {
    private static final int NONE = -1;
    private static final Set<TideErrors.Kind> NOTHING = EnumSet.noneOf(TideErrors.Kind.class);

    /**
     * A detection with its kind of error.
     *
     * @param kind null for a detection that is right
     * @param mendedCategory the category in which mending makes it right, or {@link #NONE}
     */
    private record Judged(double score, int category, TideErrors.Kind kind, int mendedCategory) {}

    private final double iouThreshold;
    private final double backgroundIou;
    private final List<Judged> ranking = new ArrayList<>();
    private final int[] truths;
    private final int[] missed;
    private final int[] found;
    private final int[] counts = new int[TideErrors.Kind.values().length];

    private TideAnalysis(Matching matching, double backgroundIou) {
        iouThreshold = matching.iouThreshold();
        this.backgroundIou = backgroundIou;
        int categories = matching.categories().size();
        truths = new int[categories];
        missed = new int[categories];
        found = new int[categories];
        matching.images().forEach(this::judge);
        // -score would not do, since the sort tells -0.0 from 0.0
        ranking.sort(Comparator.comparingDouble(judged -> 0 - judged.score));
    }

    static TideErrors analyse(Matching matching, double backgroundIou) {
        return new TideAnalysis(matching, backgroundIou).errors();
    }

    private void judge(ImageMatching image) {
        Set<Integer> mended = new HashSet<>();
        for (MatchedDetection detection : image.detections()) {
            if (detection.isRight()) {
                ranking.add(new Judged(detection.score(), detection.category(), null, NONE));
            } else if (detection.isWrong()) {
                ranking.add(judge(image, detection, mended));
            }
        }
        for (int g = 0; g < image.truths().size(); g++) {
            MatchedTruth truth = image.truths().get(g);
            if (!truth.ignored()) {
                truths[truth.category()]++;
                if (!truth.isMissed()) {
                    found[truth.category()]++;
                } else if (!mended.contains(g)) {
                    missed[truth.category()]++;
                }
            }
        }
    }

    /**
     * Finds the kind of a wrong detection.
     *
     * @param mended positions of the objects to which a detection of higher score is mended
     */
    private Judged judge(ImageMatching image, MatchedDetection detection, Set<Integer> mended) {
        DetectionError error = DetectionError.of(image, detection, iouThreshold, backgroundIou);
        BestTruth object =
                switch (error.kind()) {
                    case LOCALISATION -> error.same();
                    case CLASSIFICATION -> error.other();
                    default -> null;
                };
        counts[error.kind().ordinal()]++;
        boolean makesRight =
                object != null
                        && image.truths().get(object.truth()).isMissed()
                        && mended.add(object.truth());
        return new Judged(
                detection.score(),
                detection.category(),
                error.kind(),
                makesRight ? image.truths().get(object.truth()).category() : NONE);
    }

    private TideErrors errors() {
        counts[MISSED.ordinal()] = Arrays.stream(missed).sum();
        boolean defined = Arrays.stream(truths).anyMatch(count -> count > 0);
        double ap = meanPrecision(NOTHING, true, truths);
        List<TideErrors.TideError> errors = new ArrayList<>();
        for (TideErrors.Kind kind : TideErrors.Kind.values()) {
            int[] positives = kind == MISSED ? withoutMissed() : truths;
            double mendedAp = meanPrecision(EnumSet.of(kind), true, positives);
            errors.add(
                    new TideErrors.TideError(
                            kind, counts[kind.ordinal()], Math.max(0, mendedAp - ap)));
        }
        return new TideErrors(
                defined ? ap : -1,
                errors,
                meanPrecision(EnumSet.allOf(TideErrors.Kind.class), false, truths) - ap,
                meanPrecision(NOTHING, true, found) - ap);
    }

    private int[] withoutMissed() {
        int[] left = truths.clone();
        Arrays.setAll(left, k -> truths[k] - missed[k]);
        return left;
    }

    /**
     * The mean AP of the categories that have objects, or 0 if none has; 1 if nothing is left of
     * any.
     *
     * @param mends the kinds of error that are mended
     * @param makesRight whether detections become right where mending allows; all others of these
     *     kinds are removed
     * @param positives how many objects of each category are to be found
     */
    private double meanPrecision(Set<TideErrors.Kind> mends, boolean makesRight, int[] positives) {
        PrecisionRecallCurve.Builder[] curves = new PrecisionRecallCurve.Builder[truths.length];
        Arrays.setAll(curves, k -> new PrecisionRecallCurve.Builder());
        for (Judged judged : ranking) {
            if (judged.kind == null || !mends.contains(judged.kind)) {
                curves[judged.category].add(judged.kind == null, judged.score);
            } else if (makesRight && judged.mendedCategory != NONE) {
                curves[judged.mendedCategory].add(true, judged.score);
            }
        }
        double sum = 0;
        int categories = 0;
        for (int k = 0; k < truths.length; k++) {
            if (truths[k] > 0 && positives[k] + curves[k].count() > 0) {
                categories++;
                sum += positives[k] == 0 ? 0 : curves[k].build(positives[k]).averagePrecision();
            }
        }
        if (categories > 0) {
            return sum / categories;
        }
        return Arrays.stream(truths).anyMatch(count -> count > 0) ? 1 : 0;
    }
}
