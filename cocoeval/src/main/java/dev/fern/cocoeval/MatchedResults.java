package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A set of detections that is matched with the ground truth once and evaluated many times. */
final class MatchedResults {
    private final EvaluationInput input;
    private final List<CocoCategory> evaluated;
    private final List<List<MatchedDetections>> categories;
    private final boolean[][] consulted;

    private MatchedResults(
            EvaluationInput input,
            List<CocoCategory> evaluated,
            List<List<MatchedDetections>> categories) {
        this.input = input;
        this.evaluated = evaluated;
        this.categories = categories;
        consulted = new Evaluation(input.parameters(), newArrays(), evaluated).consulted();
    }

    /** Matches results with a data set; throws where {@link CocoEvaluator#evaluate} throws. */
    static MatchedResults match(
            CocoDataset dataset, CocoResults results, EvaluationParameters parameters)
            throws CocoFormatException {
        EvaluationInput input = new EvaluationInput(dataset, results, parameters);
        List<List<MatchedDetections>> categories =
                new ArrayList<>(Collections.nCopies(input.groupCount(), List.of()));
        CocoEvaluator.forEachGroup(input, (k, category) -> categories.set(k, category.run()));
        return new MatchedResults(
                input, CocoEvaluator.evaluatedCategories(dataset, input), categories);
    }

    int imageCount() {
        return input.imageCount();
    }

    /** Arrays of the shape that {@link #evaluate} fills. */
    EvaluationArrays newArrays() {
        return new EvaluationArrays(input.parameters(), input.groupCount());
    }

    /**
     * Evaluates on every image as often as {@code copies} says, in the calling thread. Only what
     * the twelve numbers take is filled in.
     *
     * @param copies by image, ids ascending
     * @param arrays to be overwritten; the evaluation holds until they are used again
     */
    Evaluation evaluate(int[] copies, EvaluationArrays arrays) {
        arrays.clear();
        Accumulation accumulation = new Accumulation(arrays, consulted, copies);
        for (int k = 0; k < categories.size(); k++) {
            for (MatchedDetections matched : categories.get(k)) {
                accumulation.accumulate(k, matched);
            }
        }
        return new Evaluation(input.parameters(), arrays, evaluated);
    }
}
