package dev.fern.cocoeval;

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
 * bootstrap over images (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13):
 * as many images as there are get drawn with replacement, both sets are evaluated on the same draw,
 * and the spread of the difference over many such resamples is its uncertainty. {@link Difference}
 * defines interval and p-value.
 *
 * <p>A resample's numbers are exactly those of a data set that holds every drawn image as often as
 * it was drawn, copies side by side in the order of ids. Detections are matched and sorted once; a
 * resample only accumulates. The seed alone decides the draws, however many threads there are.
 *
 * @param resamples how many draws, enough to leave at least one beyond each end of the interval
 * @param seed of the draws
 * @param confidence of the intervals, between 0 and 1
 */
public record PairedBootstrap(int resamples, long seed, double confidence) {
    /** What is compared for each category. */
    public static final List<CocoMetric> CATEGORY_METRICS = List.of(CocoMetric.AP, CocoMetric.AP50);

    private static final int MOST_RESAMPLES = 1_000_000;

    /** Resamples that share working memory, one after the other. */
    private static final int BLOCK = 16;

    public PairedBootstrap {
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "the confidence is " + confidence + ", must lie between 0 and 1");
        }
        if (resamples > MOST_RESAMPLES || Difference.beyond(resamples, confidence) < 1) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d resamples; an interval of confidence %s needs %.0f or more, and %d"
                                    + " is the most",
                            resamples,
                            confidence,
                            Math.ceil(2 / (1 - confidence) - 1e-6) - 1,
                            MOST_RESAMPLES));
        }
    }

    /**
     * Compares {@code b} with {@code a}: positive differences say that {@code b} is better.
     * Resamples run in parallel on the pool of the calling thread.
     *
     * @param dataset read with {@link CocoDataset#readForEvaluation}
     * @throws CocoFormatException where {@link CocoEvaluator#evaluate} throws it for either
     * @throws IllegalArgumentException where {@link Evaluation#stats} throws it
     */
    public Comparison compare(
            CocoDataset dataset, CocoResults a, CocoResults b, EvaluationParameters parameters)
            throws CocoFormatException {
        MatchedResults matchedA = MatchedResults.match(dataset, a, parameters);
        MatchedResults matchedB = MatchedResults.match(dataset, b, parameters);
        int images = matchedA.imageCount();
        int[] once = new int[images];
        Arrays.fill(once, 1);
        Evaluation evaluation = matchedA.evaluate(once, matchedA.newArrays());
        double[] numbersA = numbers(evaluation);
        double[] numbersB = numbers(matchedB.evaluate(once, matchedB.newArrays()));
        double[][] resampled = new double[numbersA.length][resamples];
        long[] seeds = seeds();
        IntStream.range(0, (resamples + BLOCK - 1) / BLOCK)
                .parallel()
                .forEach(
                        block -> {
                            EvaluationArrays arrays = matchedA.newArrays();
                            int end = Math.min(resamples, (block + 1) * BLOCK);
                            for (int r = block * BLOCK; r < end; r++) {
                                int[] copies = draw(images, seeds[r]);
                                double[] ofA = numbers(matchedA.evaluate(copies, arrays));
                                double[] ofB = numbers(matchedB.evaluate(copies, arrays));
                                for (int i = 0; i < ofA.length; i++) {
                                    resampled[i][r] = Difference.between(ofA[i], ofB[i]);
                                }
                            }
                        });

        Difference[] differences = new Difference[numbersA.length];
        Arrays.setAll(
                differences,
                i -> Difference.of(numbersA[i], numbersB[i], resampled[i], confidence));
        int next = CocoMetric.values().length;
        List<Comparison.Category> perCategory = new ArrayList<>();
        for (CocoCategory category : evaluation.categories()) {
            perCategory.add(
                    new Comparison.Category(
                            category, byMetric(CATEGORY_METRICS, differences, next)));
            next += CATEGORY_METRICS.size();
        }
        return new Comparison(
                this,
                parameters,
                images,
                byMetric(List.of(CocoMetric.values()), differences, 0),
                perCategory);
    }

    /** One for each resample. */
    private long[] seeds() {
        return new SplittableRandom(seed).longs(resamples).toArray();
    }

    /** By image: how many times it was drawn. */
    private static int[] draw(int images, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] copies = new int[images];
        for (int i = 0; i < images; i++) {
            copies[random.nextInt(images)]++;
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
