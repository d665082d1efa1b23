package dev.fern.detection.train;

import dev.fern.detection.worker.WorkerReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up losses and counts over the batches of a step. */
final class StepTotals {

    private final Map<String, Double> losses = new LinkedHashMap<>();
    private final Map<String, Long> counts = new LinkedHashMap<>();
    private final List<String> images = new ArrayList<>();

    /** The images of the first part whose loss is not finite. */
    private List<String> notFinite = List.of();

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
            if (!part.isFinite() && notFinite.isEmpty()) {
                notFinite = part.images();
            }
        }
    }

    /** Adds what another worker has computed. */
    void add(WorkerReport other) {
        other.losses().forEach((name, sum) -> losses.merge(name, sum, Double::sum));
        other.counts().forEach((name, count) -> counts.merge(name, count, Long::sum));
        images.addAll(other.images());
        if (notFinite.isEmpty()) {
            notFinite = other.notFinite();
        }
    }

    /**
     * {@return what this worker has computed, for the leading one}
     *
     * @param leftOut one line per image that was left out since the report before
     * @param failure why the worker can't go on; empty if it can
     */
    WorkerReport report(List<String> leftOut, String failure) {
        return new WorkerReport(
                List.copyOf(images),
                new LinkedHashMap<>(losses),
                new LinkedHashMap<>(counts),
                notFinite,
                leftOut,
                failure);
    }

    List<String> images() {
        return images;
    }

    /** Returns images among which a loss is not finite; none if all losses are finite. */
    List<String> notFinite() {
        return notFinite;
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
        clear();
        startNanos = now;
        return finished;
    }

    /** Begins the next step. */
    void clear() {
        losses.clear();
        counts.clear();
        images.clear();
        notFinite = List.of();
    }
}
