package dev.fern.cocoeval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
        CocoFormatException[] failures = new CocoFormatException[input.groupCount()];
        IntStream.range(0, input.groupCount())
                .parallel()
                .forEach(
                        k -> {
                            try {
                                new CategoryEvaluation(
                                                input,
                                                arrays,
                                                k,
                                                input.truths(k),
                                                input.detections(k))
                                        .run();
                            } catch (CocoFormatException e) {
                                failures[k] = e;
                            }
                        });
        for (CocoFormatException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
        return new Evaluation(parameters, arrays, categories(dataset, input));
    }

    /** With pycocotools' default parameters. */
    public static Evaluation evaluate(CocoDataset dataset, CocoResults results)
            throws CocoFormatException {
        return evaluate(dataset, results, EvaluationParameters.defaults());
    }

    private static List<CocoCategory> categories(CocoDataset dataset, EvaluationInput input) {
        if (!input.parameters().useCats()) {
            return List.of();
        }
        Map<Long, CocoCategory> known = new HashMap<>();
        dataset.categories().forEach(category -> known.putIfAbsent(category.id(), category));
        List<CocoCategory> categories = new ArrayList<>();
        Arrays.stream(input.categories())
                .forEach(
                        id -> categories.add(known.getOrDefault(id, new CocoCategory(id, "", ""))));
        return categories;
    }
}
