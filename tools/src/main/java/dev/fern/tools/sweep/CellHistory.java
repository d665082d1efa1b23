package dev.fern.tools.sweep;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.train.MetricsLog;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a cell's training went, as its metrics say.
 *
 * @param steps in their order
 * @param evaluations in their order
 */
record CellHistory(List<Step> steps, List<EpochEvaluation> evaluations) {

    CellHistory {
        steps = List.copyOf(steps);
        evaluations = List.copyOf(evaluations);
    }

    /**
     * One step.
     *
     * @param images how many were seen up to its end
     * @param loss mean over its images
     * @param seconds how long it took, including the wait for its images
     */
    record Step(long images, double loss, double seconds) {}

    /**
     * One evaluation.
     *
     * @param epoch the last one before it, counted from 1
     * @param images how many were seen before it
     * @param numbers COCO's twelve by their names, -1 where undefined
     */
    record EpochEvaluation(int epoch, long images, Map<String, Double> numbers) {
        EpochEvaluation {
            numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
        }
    }

    /**
     * Reads a run's metrics. The history of a run that has none is empty.
     *
     * @throws IOException naming the file and the line that can't be used
     */
    static CellHistory read(RunDirectory run) throws IOException {
        List<Step> steps = new ArrayList<>();
        List<EpochEvaluation> evaluations = new ArrayList<>();
        if (Files.exists(run.metrics())) {
            MetricsLog.read(
                    run.metrics(),
                    line -> {
                        long before = steps.isEmpty() ? 0 : steps.get(steps.size() - 1).images;
                        if (line.has(MetricsLog.EVALUATION)) {
                            evaluations.add(evaluation(line, before));
                        } else {
                            steps.add(step(line, before));
                        }
                    });
        }
        return new CellHistory(steps, evaluations);
    }

    private static Step step(JsonObject line, long imagesBefore) {
        return new Step(
                imagesBefore + (int) RecordJson.value(line.get("images"), int.class, "images"),
                number(line, "classification") + number(line, "regression"),
                number(line, "seconds"));
    }

    private static EpochEvaluation evaluation(JsonObject line, long images) {
        if (!line.get(MetricsLog.EVALUATION).isJsonObject()) {
            throw new IllegalArgumentException(MetricsLog.EVALUATION + " is not a JSON object");
        }
        Map<String, Double> numbers = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry :
                line.getAsJsonObject(MetricsLog.EVALUATION).entrySet()) {
            numbers.put(
                    entry.getKey(),
                    (double) RecordJson.value(entry.getValue(), double.class, entry.getKey()));
        }
        return new EpochEvaluation(
                (int) RecordJson.value(line.get("epoch"), int.class, "epoch"), images, numbers);
    }

    private static double number(JsonObject from, String name) {
        return (double) RecordJson.value(from.get(name), double.class, name);
    }

    /** Returns the newest evaluation. */
    Optional<EpochEvaluation> last() {
        return evaluations.isEmpty()
                ? Optional.empty()
                : Optional.of(evaluations.get(evaluations.size() - 1));
    }

    /** Returns how many images were seen, each as often as it came. */
    long images() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).images;
    }

    /** Returns how many seconds all steps took, without evaluations. */
    double seconds() {
        return steps.stream().mapToDouble(Step::seconds).sum();
    }
}
