package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A set of detections, matched with the ground truth once and to be evaluated many times. */
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

    /** Throws like {@link CocoEvaluator#evaluate}. */
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

    /** Of the shape that {@link #evaluate} fills. */
    EvaluationArrays newArrays() {
        return new EvaluationArrays(input.parameters(), input.groupCount());
    }

    /**
     * Evaluates on every image as often as {@code copies} says, in the calling thread, as far as
     * the twelve numbers take.
     *
     * @param copies by image, ids ascending
     * @param arrays to be overwritten; the evaluation is good for as long as they are not used
     *     again
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
