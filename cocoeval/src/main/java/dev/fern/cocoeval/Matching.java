package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
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

    public Matching {
        categories = List.copyOf(categories);
        images = List.copyOf(images);
    }

    /**
     * Matches detections with the truths of their own category.
     *
     * @param parameters of which images, categories, maxDets, useCats and corrected count
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
     * @param parameters of which images, categories, useCats and corrected count
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
                        // without categories, one that is named twice would count twice
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
        EvaluationInput input = new EvaluationInput(dataset, results, single);
        List<CocoCategory> categories =
                named ? CocoEvaluator.categories(dataset, input) : List.of(ANY);
        MatchAssembly assembly = new MatchAssembly(dataset, results, input, categories, named);
        for (CategoryMatches matches : CocoEvaluator.matchesAt(iouThreshold, input)) {
            assembly.add(matches);
        }
        return new Matching(iouThreshold, categories, assembly.images());
    }
}
