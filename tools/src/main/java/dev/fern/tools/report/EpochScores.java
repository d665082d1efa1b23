package dev.fern.tools.report;

import dev.fern.cocoeval.CocoMetric;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * COCO's scores after an epoch, from 0 to 1; -1 where undefined.
 *
 * @param epoch counted from 1
 * @param step the last that was taken before
 * @param numbers by metric; AP is there
 */
public record EpochScores(int epoch, long step, Map<CocoMetric, Double> numbers) {

    /** Keeps a copy, in the metrics' order. */
    public EpochScores {
        numbers = Collections.unmodifiableMap(new EnumMap<>(numbers));
    }

    /** One of the scores. */
    public double of(CocoMetric metric) {
        return numbers.getOrDefault(metric, -1.0);
    }
}
