package dev.fern.cocoeval;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Evaluates detected boxes as pycocotools 2.0.11 does, to the last bit, categories in parallel on
 * the pool of the calling thread. The result does not depend on the number of threads.
 */
public final class CocoEvaluator {
    private CocoEvaluator() {}

    /**
     * Evaluates results on a data set.
     *
     * @param dataset read with {@link CocoDataset#readForEvaluation} to match pycocotools on files
     *     that are not quite sound
     * @throws CocoFormatException where pycocotools raises: on detections of images that are not
     *     listed, a file without any detection, and records that are evaluated though a field of
     *     theirs is missing or odd
     */
    public static Evaluation evaluate(
            CocoDataset dataset, CocoResults results, EvaluationParameters parameters)
            throws CocoFormatException {
        EvaluationInput input = new EvaluationInput(dataset, results, parameters);
        EvaluationArrays arrays = new EvaluationArrays(parameters, input.groupCount());
        boolean[][] all = new boolean[parameters.areaRng().size()][parameters.maxDets().size()];
        Arrays.stream(all).forEach(area -> Arrays.fill(area, true));
        int[] once = new int[input.imageCount()];
        Arrays.fill(once, 1);
        forEachGroup(
                input,
                (k, matched) -> {
                    Accumulation accumulation = new Accumulation(arrays, all, once);
                    matched.forEach(some -> accumulation.accumulate(k, some));
                });
        return new Evaluation(parameters, arrays, input.evaluatedCategories());
    }

    /** Does something with a category's matches. */
    interface MatchConsumer {
        void accept(int category, List<MatchedDetections> matched);
    }

    /** Matches all categories, in parallel; of several failures the first category's is thrown. */
    static void forEachGroup(EvaluationInput input, MatchConsumer then) throws CocoFormatException {
        CocoFormatException[] failures = new CocoFormatException[input.groupCount()];
        IntStream.range(0, input.groupCount())
                .parallel()
                .forEach(
                        k -> {
                            try {
                                then.accept(k, new CategoryMatching(input, k).run());
                            } catch (CocoFormatException e) {
                                failures[k] = e;
                            }
                        });
        for (CocoFormatException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** With pycocotools' default parameters. */
    public static Evaluation evaluate(CocoDataset dataset, CocoResults results)
            throws CocoFormatException {
        return evaluate(dataset, results, EvaluationParameters.defaults());
    }
}
