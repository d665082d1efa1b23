package dev.fern.detection;

import dev.fern.detection.train.TrainingListener;
import java.util.List;
import java.util.Map;

/**
 * Several listeners as one.
 *
 * @param all told in this order
 */
record Listeners(List<TrainingListener> all) implements TrainingListener {

    @Override
    public void note(String line) {
        all.forEach(listener -> listener.note(line));
    }

    @Override
    public void started(long firstStep, long totalSteps) {
        all.forEach(listener -> listener.started(firstStep, totalSteps));
    }

    @Override
    public void shortened(long totalSteps) {
        all.forEach(listener -> listener.shortened(totalSteps));
    }

    @Override
    public void step(Step step) {
        all.forEach(listener -> listener.step(step));
    }

    @Override
    public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
        all.forEach(listener -> listener.evaluated(epoch, numbers, best));
    }

    @Override
    public void skipped(String reason) {
        all.forEach(listener -> listener.skipped(reason));
    }
}
