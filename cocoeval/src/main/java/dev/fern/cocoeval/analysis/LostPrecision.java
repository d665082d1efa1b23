package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Matching;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.Matching.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How much average precision each image costs.
 *
 * <p>The loss of an image is the AP that would be won if this image alone were mended: each of its
 * wrong detections gone, whatever the score, and each of its missed objects found by a detection
 * surer than all others of the data set. Right detections keep their scores. AP is that of {@link
 * TideErrors#averagePrecision}: the mean over the categories that have objects to find, at one IoU
 * threshold. A loss is never negative; the losses do not sum up to 1 - AP.
 */
public final class LostPrecision {
    private static final double EPSILON = Math.ulp(1.0);

    private final Category[] categories;
    private final int defined;

    /** A category's ranking. */
    private static final class Category {
        /** How many wrong detections come before each right one. */
        private int[] wrongBefore;

        private int objects;

        /** How many right detections come before each wrong one, by the position of its image. */
        private final Map<Integer, List<Integer>> wrongAt = new HashMap<>();

        /** For each recall of the curve, how many objects have to be found. */
        private int[] needed;

        private double precision;
    }

    /** A detection with the position of its image. */
    private record Ranked(int image, MatchedDetection detection) {}

    private LostPrecision(Matching matching) {
        categories = new Category[matching.categories().size()];
        Arrays.setAll(categories, k -> new Category());
        List<List<Ranked>> rankings = new ArrayList<>();
        for (int k = 0; k < categories.length; k++) {
            rankings.add(new ArrayList<>());
        }
        for (int i = 0; i < matching.images().size(); i++) {
            for (MatchedDetection detection : matching.images().get(i).detections()) {
                if (detection.outcome() != Outcome.IGNORED) {
                    rankings.get(detection.category()).add(new Ranked(i, detection));
                }
            }
            for (MatchedTruth truth : matching.images().get(i).truths()) {
                categories[truth.category()].objects += truth.ignored() ? 0 : 1;
            }
        }
        for (int k = 0; k < categories.length; k++) {
            rank(categories[k], rankings.get(k));
        }
        defined = (int) Arrays.stream(categories).filter(k -> k.objects > 0).count();
    }

    private static void rank(Category category, List<Ranked> ranking) {
        ranking.sort((a, b) -> MatchedDetection.BY_FALLING_SCORE.compare(a.detection, b.detection));
        List<Integer> wrongBefore = new ArrayList<>();
        int wrong = 0;
        for (Ranked ranked : ranking) {
            if (ranked.detection.isRight()) {
                wrongBefore.add(wrong);
            } else {
                wrong++;
                category.wrongAt
                        .computeIfAbsent(ranked.image, i -> new ArrayList<>())
                        .add(wrongBefore.size());
            }
        }
        category.wrongBefore = wrongBefore.stream().mapToInt(Integer::intValue).toArray();
        category.needed =
                PrecisionRecallCurve.recalls().stream()
                        .mapToInt(recall -> needed(recall, category.objects))
                        .toArray();
        category.precision = mended(category, List.of(), 0);
    }

    /** Returns the least number of objects that makes up a recall, as the curve divides. */
    private static int needed(double recall, int objects) {
        int needed = 0;
        while (objects > 0 && (double) needed / objects < recall) {
            needed++;
        }
        return needed;
    }

    /**
     * Computes the loss of every image.
     *
     * @param matching what matched what at the IoU threshold
     * @return a number from 0 to 1 for each image of the matching, in its order
     */
    public static List<Double> of(Matching matching) {
        LostPrecision all = new LostPrecision(matching);
        return IntStream.range(0, matching.images().size())
                .parallel()
                .mapToObj(i -> all.loss(i, matching.images().get(i)))
                .toList();
    }

    private double loss(int position, ImageMatching image) {
        int[] missed = new int[categories.length];
        for (MatchedTruth truth : image.truths()) {
            missed[truth.category()] += truth.isMissed() ? 1 : 0;
        }
        double won = 0;
        for (int k = 0; k < categories.length; k++) {
            Category category = categories[k];
            List<Integer> wrongAt = category.wrongAt.getOrDefault(position, List.of());
            if (category.objects > 0 && missed[k] + wrongAt.size() > 0) {
                won += mended(category, wrongAt, missed[k]) - category.precision;
            }
        }
        return defined == 0 ? 0 : Math.max(0, won / defined);
    }

    /**
     * Returns the AP of a category of which some detections are gone and some objects are found.
     *
     * @param wrongAt how many right detections come before each wrong one that is gone, ascending
     * @param found how many missed objects are found by detections before all others
     */
    private static double mended(Category category, List<Integer> wrongAt, int found) {
        int right = category.wrongBefore.length;
        double[] envelope = new double[found + right];
        Arrays.fill(envelope, 0, found, 1);
        int gone = 0;
        for (int n = 0; n < right; n++) {
            while (gone < wrongAt.size() && wrongAt.get(gone) <= n) {
                gone++;
            }
            double truePositives = found + n + 1;
            double falsePositives = category.wrongBefore[n] - gone;
            envelope[found + n] = truePositives / (falsePositives + truePositives + EPSILON);
        }
        for (int n = envelope.length - 1; n > 0; n--) {
            envelope[n - 1] = Math.max(envelope[n - 1], envelope[n]);
        }
        double sum = 0;
        for (int needed : category.needed) {
            int nth = Math.max(0, needed - 1);
            sum += nth < envelope.length ? envelope[nth] : 0;
        }
        return sum / category.needed.length;
    }
}
