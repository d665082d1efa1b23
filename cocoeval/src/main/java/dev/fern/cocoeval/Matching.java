package dev.fern.cocoeval;

import dev.fern.cocoeval.CategoryMatching.Pairs;
import dev.fern.cocoeval.EvaluationParameters.AreaRange;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.numpy.ScoreOrder;
import java.util.Comparator;
import java.util.List;

/**
 * What matched what at one IoU threshold, image by image: the evaluator's own matching, with the
 * pairs kept. The area range is pycocotools' "all", 0 to 1e10, and the limit on detections the
 * largest of maxDets.
 *
 * @param iouThreshold the least IoU of a match
 * @param categories K categories ascending by id; a single one without a name if categories are not
 *     used
 * @param images ascending by id
 */
public record Matching(
        double iouThreshold, List<CocoCategory> categories, List<ImageMatching> images) {
    private static final CocoCategory ANY = new CocoCategory(0, "any", "");

    /**
     * Copies both lists.
     *
     * @param iouThreshold 0 to 1
     * @param categories not null
     * @param images not null
     */
    public Matching {
        categories = List.copyOf(categories);
        images = List.copyOf(images);
    }

    /**
     * Matches detections with the truths of their own category, as the evaluator does.
     *
     * @param dataset the ground truth
     * @param results on images of the data set
     * @param parameters of which images, categories, maxDets, useCats and corrected count
     * @param iouThreshold the least IoU of a match, 0 to 1
     * @return what matched what on each image that is evaluated
     * @throws CocoFormatException as {@link CocoEvaluator#evaluate} throws it
     */
    public static Matching of(
            CocoDataset dataset,
            CocoResults results,
            EvaluationParameters parameters,
            double iouThreshold)
            throws CocoFormatException {
        return match(dataset, results, parameters, iouThreshold, parameters.useCats());
    }

    /**
     * Matches detections with truths of any category: by falling score, each takes the free truth
     * of the highest IoU. There is no limit on the detections of an image.
     *
     * @param dataset the ground truth
     * @param results on images of the data set
     * @param parameters of which images, categories, useCats and corrected count
     * @param iouThreshold the least IoU of a match, 0 to 1
     * @return what matched what on each image that is evaluated
     * @throws CocoFormatException as {@link CocoEvaluator#evaluate} throws it
     */
    public static Matching acrossCategories(
            CocoDataset dataset,
            CocoResults results,
            EvaluationParameters parameters,
            double iouThreshold)
            throws CocoFormatException {
        List<Long> categories =
                parameters
                        .catIds()
                        .orElseGet(
                                () -> dataset.categories().stream().map(CocoCategory::id).toList());
        EvaluationParameters across =
                parameters.toBuilder()
                        .useCats(false)
                        // with useCats off, a category that is named twice would count twice
                        .catIds(categories.stream().distinct().sorted().toList())
                        .maxDets(List.of(Integer.MAX_VALUE))
                        .build();
        return match(dataset, results, across, iouThreshold, parameters.useCats());
    }

    private static Matching match(
            CocoDataset dataset,
            CocoResults results,
            EvaluationParameters parameters,
            double iouThreshold,
            boolean named)
            throws CocoFormatException {
        EvaluationParameters single =
                parameters.toBuilder()
                        .iouThrs(List.of(iouThreshold))
                        .areaRng(List.of(new AreaRange(0, 1e10)))
                        .areaRngLbl(List.of("all"))
                        .build();
        EvaluationInput input =
                new EvaluationInput(dataset, results, single, named != parameters.useCats());
        List<CocoCategory> categories =
                named ? CocoEvaluator.categories(dataset, input) : List.of(ANY);
        MatchAssembly assembly = new MatchAssembly(dataset, results, input, categories, named);
        for (Pairs matches : CocoEvaluator.matchesAt(iouThreshold, input)) {
            assembly.add(matches);
        }
        return new Matching(iouThreshold, categories, assembly.images());
    }

    /**
     * What matched what on one image.
     *
     * @param image if the data set does not list it, without file name and size
     * @param detections the evaluated detections, by falling score
     * @param truths the evaluated objects, category by category
     * @param similarity how much they overlap, whatever their categories
     */
    public record ImageMatching(
            CocoImage image,
            List<MatchedDetection> detections,
            List<MatchedTruth> truths,
            Similarity similarity) {
        /**
         * Copies both lists.
         *
         * @param image not null
         * @param detections not null
         * @param truths not null
         * @param similarity not null
         */
        public ImageMatching {
            detections = List.copyOf(detections);
            truths = List.copyOf(truths);
        }

        /**
         * Computes the overlap of a detection and an object.
         *
         * @param detection one of {@link #detections}
         * @param truth one of {@link #truths}
         * @return intersection over union of boxes or masks, over the detection's area for a crowd;
         *     object keypoint similarity of keypoints
         */
        public double overlap(MatchedDetection detection, MatchedTruth truth) {
            return similarity.of(detection, truth);
        }

        /**
         * Tells whether an object should have been found and no detection of at least some score
         * found it.
         *
         * @param truth one of {@link #truths}
         * @param scoreThreshold the least score of a detection that counts
         * @return false for ignored objects
         */
        public boolean isMissed(MatchedTruth truth, double scoreThreshold) {
            return truth.isMissed()
                    || !truth.ignored()
                            && !(detections.get(truth.detection()).score() >= scoreThreshold);
        }
    }

    /** How much a detection and an object of one image overlap. */
    @FunctionalInterface
    public interface Similarity {
        /** Intersection over union of boxes, over the detection's area for a crowd. */
        Similarity OF_BOXES =
                (detection, truth) ->
                        BoxOverlap.iou(
                                detection.detection().box(),
                                truth.annotation().box(),
                                truth.annotation().crowd());

        /**
         * Compares the two.
         *
         * @param detection of the image
         * @param truth of the image
         * @return usually 0 to 1
         */
        double of(MatchedDetection detection, MatchedTruth truth);
    }

    /**
     * A detection and what it matched.
     *
     * @param index position in the results, 0-based
     * @param detection with ids as the data set holds them
     * @param category position in {@link Matching#categories}
     * @param outcome what it counts as
     * @param truth position in {@link ImageMatching#truths} of what it matched, -1 for none
     */
    public record MatchedDetection(
            int index, CocoDetection detection, int category, Outcome outcome, int truth) {
        /** The order in which detections are matched: highest score first, NaN last. */
        public static final Comparator<MatchedDetection> BY_FALLING_SCORE =
                (a, b) ->
                        ScoreOrder.before(a.score(), b.score())
                                ? -1
                                : ScoreOrder.before(b.score(), a.score()) ? 1 : 0;

        /** {@return the detector's confidence; NaN if the file gives none} */
        public double score() {
            return detection.score();
        }

        /** {@return whether the detection found an object} */
        public boolean isRight() {
            return outcome == Outcome.TRUE_POSITIVE;
        }

        /** {@return whether the detection counts against the detector} */
        public boolean isWrong() {
            return outcome == Outcome.FALSE_POSITIVE;
        }
    }

    /**
     * An annotated object and what found it.
     *
     * @param index position in the data set's annotations, 0-based
     * @param annotation the object
     * @param category position in {@link Matching#categories}
     * @param ignored whether it need not be found; crowds need not
     * @param detection position in {@link ImageMatching#detections} of the true positive on it, -1
     *     for none
     */
    public record MatchedTruth(
            int index, CocoAnnotation annotation, int category, boolean ignored, int detection) {
        MatchedTruth foundBy(int position) {
            return new MatchedTruth(index, annotation, category, ignored, position);
        }

        /** {@return whether the object should have been found and no detection found it} */
        public boolean isMissed() {
            return !ignored && detection < 0;
        }
    }

    /** What a detection counts as at one IoU threshold. */
    public enum Outcome {
        /** The detection found an object. */
        TRUE_POSITIVE,
        /** The detection found nothing, or an object that a better detection had found already. */
        FALSE_POSITIVE,
        /**
         * Neither right nor wrong: the detection lies on a crowd or another object that does not
         * count.
         */
        IGNORED
    }
}
