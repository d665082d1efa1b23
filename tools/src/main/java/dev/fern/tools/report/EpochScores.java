package dev.fern.tools.report;

import dev.fern.cocoeval.CocoMetric;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * COCO's scores of the model after an epoch.
 *
 * @param epoch counted from 1
 * @param step number of the last step before the evaluation, from 1
 * @param numbers by metric, 0 to 1, or -1 where undefined
 */
public record EpochScores(int epoch, long step, Map<CocoMetric, Double> numbers) {

    /**
     * Keeps a copy of the numbers, in the metrics' order.
     *
     * @param epoch counted from 1
     * @param step number of the last step before the evaluation, from 1
     * @param numbers by metric, 0 to 1, or -1 where undefined
     */
    public EpochScores {
        numbers = Collections.unmodifiableMap(new EnumMap<>(numbers));
    }

    /**
     * Returns one of the scores.
     *
     * @param metric which one
     * @return 0 to 1, or -1 where it is undefined or unknown
     */
    public double of(CocoMetric metric) {
        return numbers.getOrDefault(metric, -1.0);
    }
}
