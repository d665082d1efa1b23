package dev.fern.tools.run;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.IouType;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.MetricsLog;
import dev.fern.tools.report.EpochScores;
import dev.fern.tools.report.StepCurves;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How a training went, as its metrics say.
 *
 * @param curves the numbers of its steps
 * @param evaluations in order of their steps
 */
record RunHistory(StepCurves curves, List<EpochScores> evaluations) {

    /** The history of a training that has not begun. */
    static final RunHistory NONE = new RunHistory(new StepCurves(), List.of());

    /**
     * Reads a run's metrics.
     *
     * @param metrics a run's {@code metrics.jsonl}
     * @throws IOException naming the file and the line that can't be used
     */
    static RunHistory read(Path metrics) throws IOException {
        StepCurves curves = new StepCurves();
        List<EpochScores> evaluations = new ArrayList<>();
        MetricsLog.read(
                metrics,
                line -> {
                    if (line.has(MetricsLog.EVALUATION)) {
                        EpochScores scores = scores(line);
                        require(scores.step() >= 0 && scores.step() <= curves.lastStep(), line);
                        evaluations.add(scores);
                    } else {
                        StepCurves.StepNumbers step = step(line);
                        require(step.step() > curves.lastStep() && step.images() >= 0, line);
                        curves.add(step);
                    }
                });
        return new RunHistory(curves, List.copyOf(evaluations));
    }

    private static void require(boolean inOrder, JsonObject line) {
        if (!inOrder) {
            throw new IllegalArgumentException("step " + line.get("step") + " is out of order");
        }
    }

    private static StepCurves.StepNumbers step(JsonObject line) {
        return new StepCurves.StepNumbers(
                (long) RecordJson.value(line.get("step"), long.class, "step"),
                number(line, DetectionTask.CLASSIFICATION),
                number(line, DetectionTask.REGRESSION),
                number(line, "learningRate"),
                number(line, "gradientNorm"),
                (int) RecordJson.value(line.get("images"), int.class, "images"),
                number(line, "seconds"));
    }

    private static EpochScores scores(JsonObject line) {
        if (!line.get(MetricsLog.EVALUATION).isJsonObject()) {
            throw new IllegalArgumentException(MetricsLog.EVALUATION + " is not a JSON object");
        }
        JsonObject numbers = line.getAsJsonObject(MetricsLog.EVALUATION);
        Map<CocoMetric, Double> scores = new EnumMap<>(CocoMetric.class);
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            scores.put(metric, number(numbers, metric.label()));
        }
        return new EpochScores(
                (int) RecordJson.value(line.get("epoch"), int.class, "epoch"),
                (long) RecordJson.value(line.get("step"), long.class, "step"),
                scores);
    }

    private static double number(JsonObject from, String name) {
        return (double) RecordJson.value(from.get(name), double.class, name);
    }
}
