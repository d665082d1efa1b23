package dev.fern.cocoeval;

import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Compares two sets of detections on one data set, and tells chance from progress by a paired
 * bootstrap over images (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 * A resample draws as many images as there are, with replacement, and both sets are evaluated on
 * these images; the spread of the difference over many resamples is its uncertainty. {@link
 * Difference} holds interval and p-value.
 *
 * <p>A resample's numbers are exactly those of a data set that holds every drawn image as often as
 * it was drawn, copies side by side in the order of ids. Detections are matched and sorted once; a
 * resample only accumulates. The seed alone decides the draws, however many threads there are.
 *
 * @param resamples how many draws, up to 1,000,000, and enough to leave at least one beyond each
 *     end of the interval
 * @param seed of the draws
 * @param confidence of the intervals, between 0 and 1
 */
public record PairedBootstrap(int resamples, long seed, double confidence) {
    /** The numbers that are compared for each category. */
    public static final List<CocoMetric> CATEGORY_METRICS = List.of(CocoMetric.AP, CocoMetric.AP50);

    private static final int MOST_RESAMPLES = 1_000_000;

    /** Resamples that share working memory, one after the other. */
    private static final int BLOCK = 16;

    /**
     * Checks that the resamples suffice for the interval.
     *
     * @param resamples at least 39 for a confidence of 0.95
     * @param seed any number
     * @param confidence exclusive of 0 and 1
     * @throws IllegalArgumentException if {@code resamples} or {@code confidence} is out of range
     */
    public PairedBootstrap {
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "the confidence must lie between 0 and 1, not " + confidence);
        }
        if (resamples > MOST_RESAMPLES || Difference.beyond(resamples, confidence) < 1) {
            throw new IllegalArgumentException(
                    String.format(
                            "an interval of confidence %s needs %.0f to %d resamples, not %d",
                            confidence,
                            Math.ceil(2 / (1 - confidence) - 1e-6) - 1,
                            MOST_RESAMPLES,
                            resamples));
        }
    }

    /**
     * Compares {@code b} with {@code a}: positive differences say that {@code b} is better.
     * Resamples run in parallel on the pool of the calling thread.
     *
     * @param dataset read with {@link CocoDataset#readForEvaluation}
     * @param a the first set
     * @param b the second set
     * @param parameters for both evaluations
     * @return the differences in the twelve (ten) numbers, and in AP and AP50 of each category
     * @throws CocoFormatException where {@link CocoEvaluator#evaluate} throws it for either
     * @throws IllegalArgumentException where {@link Evaluation#stats} throws it
     */
    public Comparison compare(
            CocoDataset dataset, CocoResults a, CocoResults b, EvaluationParameters parameters)
            throws CocoFormatException {
        return compare(dataset, List.of(a), List.of(b), parameters);
    }

    /**
     * Compares two methods by several runs of each, such as trainings from several seeds: a
     * method's number is the mean over its runs. A resample draws images with replacement and then
     * draws as many pairs of runs as there are, also with replacement, so that the interval covers
     * the chance in the runs too, as far as a few runs show it.
     *
     * @param dataset read with {@link CocoDataset#readForEvaluation}
     * @param a runs of the first method, at least one
     * @param b as many runs of the second method; {@code b[i]} is paired with {@code a[i]}
     * @param parameters for all evaluations
     * @return the differences in the twelve (ten) numbers, and in AP and AP50 of each category
     * @throws CocoFormatException where {@link CocoEvaluator#evaluate} throws it for any run
     * @throws IllegalArgumentException where {@link Evaluation#stats} throws it, or if there is no
     *     run or one without a partner
     */
    public Comparison compare(
            CocoDataset dataset,
            List<CocoResults> a,
            List<CocoResults> b,
            EvaluationParameters parameters)
            throws CocoFormatException {
        if (a.isEmpty() || a.size() != b.size()) {
            throw new IllegalArgumentException(
                    "runs are compared in pairs, not " + a.size() + " with " + b.size());
        }
        List<MatchedResults> matchedA = match(dataset, a, parameters);
        List<MatchedResults> matchedB = match(dataset, b, parameters);
        MatchedResults any = matchedA.get(0);
        int images = any.imageCount();
        int[] once = new int[images];
        Arrays.fill(once, 1);
        Evaluation evaluation = any.evaluate(once, any.newArrays());
        double[] numbersA = means(matchedA, once);
        double[] numbersB = means(matchedB, once);
        double[][] resampled = new double[numbersA.length][resamples];
        long[] seeds = seeds();
        IntStream.range(0, (resamples + BLOCK - 1) / BLOCK)
                .parallel()
                .forEach(
                        block -> {
                            EvaluationArrays arrays = any.newArrays();
                            int end = Math.min(resamples, (block + 1) * BLOCK);
                            for (int r = block * BLOCK; r < end; r++) {
                                SplittableRandom random = new SplittableRandom(seeds[r]);
                                int[] copies = draw(images, random);
                                int[] pairs = draw(a.size(), random);
                                double[] drawn =
                                        differences(matchedA, matchedB, copies, pairs, arrays);
                                for (int i = 0; i < drawn.length; i++) {
                                    resampled[i][r] = drawn[i];
                                }
                            }
                        });

        Difference[] differences = new Difference[numbersA.length];
        Arrays.setAll(
                differences,
                i -> Difference.of(numbersA[i], numbersB[i], resampled[i], confidence));
        List<CocoMetric> metrics = List.copyOf(CocoMetric.of(parameters.iouType()));
        int next = metrics.size();
        List<Comparison.Category> perCategory = new ArrayList<>();
        for (CocoCategory category : evaluation.categories()) {
            perCategory.add(
                    new Comparison.Category(
                            category, byMetric(CATEGORY_METRICS, differences, next)));
            next += CATEGORY_METRICS.size();
        }
        return new Comparison(
                this, parameters, images, byMetric(metrics, differences, 0), perCategory);
    }

    private static List<MatchedResults> match(
            CocoDataset dataset, List<CocoResults> runs, EvaluationParameters parameters)
            throws CocoFormatException {
        List<MatchedResults> matched = new ArrayList<>();
        for (CocoResults run : runs) {
            matched.add(MatchedResults.match(dataset, run, parameters));
        }
        return matched;
    }

    /** The means of the numbers over runs; -1 where undefined, which depends on the truth alone. */
    private static double[] means(List<MatchedResults> runs, int[] copies) {
        double[] means = numbers(runs.get(0).evaluate(copies, runs.get(0).newArrays()));
        for (MatchedResults run : runs.subList(1, runs.size())) {
            double[] more = numbers(run.evaluate(copies, run.newArrays()));
            Arrays.setAll(means, i -> means[i] + more[i]);
        }
        Arrays.setAll(means, i -> means[i] / runs.size());
        return means;
    }

    /**
     * The mean differences over the drawn pairs.
     *
     * @param pairs by pair of runs: how many times it was drawn
     */
    private static double[] differences(
            List<MatchedResults> a,
            List<MatchedResults> b,
            int[] copies,
            int[] pairs,
            EvaluationArrays arrays) {
        double[] sums = new double[0];
        for (int p = 0; p < pairs.length; p++) {
            if (pairs[p] == 0) {
                continue;
            }
            double[] ofA = numbers(a.get(p).evaluate(copies, arrays));
            double[] ofB = numbers(b.get(p).evaluate(copies, arrays));
            sums = sums.length == 0 ? new double[ofA.length] : sums;
            for (int i = 0; i < sums.length; i++) {
                sums[i] += pairs[p] * Difference.between(ofA[i], ofB[i]);
            }
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= pairs.length;
        }
        return sums;
    }

    /** One seed per resample. */
    private long[] seeds() {
        return new SplittableRandom(seed).longs(resamples).toArray();
    }

    /** Draws {@code count} of {@code count} things; tells how many times each was drawn. */
    private static int[] draw(int count, SplittableRandom random) {
        int[] copies = new int[count];
        for (int i = 0; i < count; i++) {
            copies[random.nextInt(count)]++;
        }
        return copies;
    }

    private static Map<CocoMetric, Difference> byMetric(
            List<CocoMetric> metrics, Difference[] differences, int first) {
        Map<CocoMetric, Difference> map = new EnumMap<>(CocoMetric.class);
        for (int i = 0; i < metrics.size(); i++) {
            map.put(metrics.get(i), differences[first + i]);
        }
        return map;
    }

    /** The twelve numbers, then those of each category. */
    private static double[] numbers(Evaluation evaluation) {
        DoubleStream.Builder numbers = DoubleStream.builder();
        evaluation.stats().values().forEach(numbers::add);
        for (int k = 0; k < evaluation.categories().size(); k++) {
            for (CocoMetric metric : CATEGORY_METRICS) {
                numbers.add(evaluation.stat(metric, k));
            }
        }
        return numbers.build().toArray();
    }
}
