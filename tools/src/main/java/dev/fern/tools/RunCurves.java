package dev.fern.tools;

import com.google.gson.JsonObject;
import dev.fern.detection.model.RecordJson;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.MetricsLog;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.report.EpochScores;
import dev.fern.tools.report.StepLosses;
import dev.fern.tools.report.TrainingCurves;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Draws the curves of a run from its metrics. */
final class RunCurves {

    private RunCurves() {}

    /** Returns where the curve of the loss is drawn. */
    static Path loss(RunDirectory run) {
        return run.path().resolve("loss.png");
    }

    /** Returns where the curve of the average precision is drawn. */
    static Path averagePrecision(RunDirectory run) {
        return run.path().resolve("ap.png");
    }

    /**
     * Draws both curves into the run's folder. On a machine without fonts, where Java can't draw
     * text, it says so and draws none.
     */
    static void write(RunDirectory run) throws IOException {
        List<StepLosses> losses = new ArrayList<>();
        List<EpochScores> scores = new ArrayList<>();
        MetricsLog.read(
                run.metrics(),
                line -> {
                    if (line.has(MetricsLog.EVALUATION)) {
                        scores.add(scores(line));
                    } else {
                        losses.add(losses(line));
                    }
                });
        try {
            TrainingCurves.loss("Training loss", losses).write(loss(run));
            TrainingCurves.averagePrecision("Average precision on the validation images", scores)
                    .write(averagePrecision(run));
        } catch (InternalError | NoClassDefFoundError | UnsatisfiedLinkError e) {
            System.err.println(
                    "no curves were drawn: Java finds no fonts; install fontconfig and a font");
        }
    }

    private static StepLosses losses(JsonObject line) {
        return new StepLosses(
                (long) RecordJson.value(line.get("step"), long.class, "step"),
                number(line, DetectionTask.CLASSIFICATION),
                number(line, DetectionTask.REGRESSION));
    }

    private static EpochScores scores(JsonObject line) {
        if (!line.get(MetricsLog.EVALUATION).isJsonObject()) {
            throw new IllegalArgumentException(MetricsLog.EVALUATION + " is not a JSON object");
        }
        JsonObject numbers = line.getAsJsonObject(MetricsLog.EVALUATION);
        return new EpochScores(
                (int) RecordJson.value(line.get("epoch"), int.class, "epoch"),
                number(numbers, "AP"),
                number(numbers, "AP50"),
                number(numbers, "AP75"));
    }

    private static double number(JsonObject from, String name) {
        return (double) RecordJson.value(from.get(name), double.class, name);
    }
}
