package dev.fern.detection.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up losses and counts over the batches of a step. */
final class StepTotals {

    private final Map<String, Double> losses = new LinkedHashMap<>();
    private final Map<String, Long> counts = new LinkedHashMap<>();
    private final List<String> images = new ArrayList<>();
    private long startNanos = System.nanoTime();

    /**
     * Adds a batch.
     *
     * @param batch all its parts
     */
    void add(List<BatchLoss> batch) {
        for (BatchLoss part : batch) {
            int size = part.images().size();
            part.losses().forEach((name, mean) -> losses.merge(name, mean * size, Double::sum));
            part.counts().forEach((name, count) -> counts.merge(name, count, Long::sum));
            images.addAll(part.images());
        }
    }

    List<String> images() {
        return images;
    }

    /**
     * Ends the step and begins the next one.
     *
     * @param norm of all gradients together
     * @return what the listener is told of the step
     */
    TrainingListener.Step finish(long step, int epoch, double rate, double norm) {
        long now = System.nanoTime();
        Map<String, Double> means = new LinkedHashMap<>();
        losses.forEach((name, sum) -> means.put(name, sum / images.size()));
        TrainingListener.Step finished =
                new TrainingListener.Step(
                        step,
                        epoch,
                        means,
                        rate,
                        norm,
                        images.size(),
                        new LinkedHashMap<>(counts),
                        (now - startNanos) / 1e9);
        losses.clear();
        counts.clear();
        images.clear();
        startNanos = now;
        return finished;
    }
}
