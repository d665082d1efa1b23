package dev.fern.cocoeval;

import dev.fern.cocoeval.CategoryMatching.Pairs;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
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
     * @param results on images of the data set
     * @param parameters which images, categories, thresholds, areas and limits to evaluate
     * @return precision, recall and scores, from which the twelve numbers are taken
     * @throws CocoFormatException where pycocotools raises: on detections of images that are not
     *     listed, a file without any detection, and records that are evaluated though a field of
     *     theirs is missing or odd
     * @throws IllegalArgumentException if the data set was made in memory and has an id twice, or a
     *     box that is not finite or of a negative size
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
                (k, category) -> {
                    Accumulation accumulation = new Accumulation(arrays, all, once);
                    category.run().forEach(matched -> accumulation.accumulate(k, matched));
                });
        return new Evaluation(parameters, arrays, evaluatedCategories(dataset, input));
    }

    /**
     * Evaluates results on a data set with pycocotools' default parameters.
     *
     * @param dataset read with {@link CocoDataset#readForEvaluation} to match pycocotools on files
     *     that are not quite sound
     * @param results on images of the data set
     * @return precision, recall and scores, from which the twelve numbers are taken
     * @throws CocoFormatException where pycocotools raises, as in {@link #evaluate(CocoDataset,
     *     CocoResults, EvaluationParameters)}
     */
    public static Evaluation evaluate(CocoDataset dataset, CocoResults results)
            throws CocoFormatException {
        return evaluate(dataset, results, EvaluationParameters.defaults());
    }

    /** Matches every group at one IoU threshold, for parameters of a single area range. */
    static List<Pairs> matchesAt(double iouThreshold, EvaluationInput input)
            throws CocoFormatException {
        Pairs[] matches = new Pairs[input.groupCount()];
        forEachGroup(input, (k, category) -> matches[k] = category.matchAt(iouThreshold));
        return List.of(matches);
    }

    /** A task for each group of records that are evaluated together. */
    interface GroupTask {
        void run(int group, CategoryMatching category) throws CocoFormatException;
    }

    /**
     * Runs a task for all groups in parallel; if several fail, throws the first group's failure.
     * The largest groups come first, and whichever thread is free takes the next: some categories
     * have a hundred times as many detections as others.
     */
    static void forEachGroup(EvaluationInput input, GroupTask task) throws CocoFormatException {
        CocoFormatException[] failures = new CocoFormatException[input.groupCount()];
        int[] order =
                IntStream.range(0, failures.length)
                        .boxed()
                        .sorted(Comparator.comparingInt(k -> -input.detections(k).length))
                        .mapToInt(Integer::intValue)
                        .toArray();
        AtomicInteger next = new AtomicInteger();
        IntStream.rangeClosed(0, ForkJoinPool.getCommonPoolParallelism())
                .parallel()
                .forEach(
                        thread -> {
                            for (int i = next.getAndIncrement();
                                    i < order.length;
                                    i = next.getAndIncrement()) {
                                int k = order[i];
                                try {
                                    task.run(k, new CategoryMatching(input, k));
                                } catch (CocoFormatException e) {
                                    failures[k] = e;
                                }
                            }
                        });
        for (CocoFormatException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** The categories of an evaluation; empty where all are evaluated as one. */
    static List<CocoCategory> evaluatedCategories(CocoDataset dataset, EvaluationInput input) {
        return input.parameters().useCats() ? categories(dataset, input) : List.of();
    }

    /** The evaluated categories in the order of the input; only the id of those not listed. */
    static List<CocoCategory> categories(CocoDataset dataset, EvaluationInput input) {
        Map<Long, CocoCategory> known = new HashMap<>();
        dataset.categories().forEach(category -> known.putIfAbsent(category.id(), category));
        List<CocoCategory> categories = new ArrayList<>();
        for (long id : input.categories()) {
            categories.add(known.getOrDefault(id, new CocoCategory(id, "", "")));
        }
        return categories;
    }
}
