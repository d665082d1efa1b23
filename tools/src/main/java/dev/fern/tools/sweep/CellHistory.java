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
 * What a cell's metrics tell of its training.
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
     * A step.
     *
     * @param images seen until after it
     * @param loss of its images
     * @param seconds it took, with waiting for its images
     */
    record Step(long images, double loss, double seconds) {}

    /**
     * An evaluation.
     *
     * @param epoch after which it was, counted from 1
     * @param images seen until then
     * @param numbers COCO's twelve by their names
     */
    record EpochEvaluation(int epoch, long images, Map<String, Double> numbers) {
        EpochEvaluation {
            numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
        }
    }

    /**
     * Reads a run's metrics; of one that has none, nothing.
     *
     * @throws IOException naming file and line that can't be used
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

    /** The newest evaluation. */
    Optional<EpochEvaluation> last() {
        return evaluations.isEmpty()
                ? Optional.empty()
                : Optional.of(evaluations.get(evaluations.size() - 1));
    }

    /** How many images were seen, each as often as it came. */
    long images() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).images;
    }

    /** Time of all steps, without evaluations. */
    double seconds() {
        return steps.stream().mapToDouble(Step::seconds).sum();
    }
}
