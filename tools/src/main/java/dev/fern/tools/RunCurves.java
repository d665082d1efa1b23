package dev.fern.tools;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.report.EpochScores;
import dev.fern.tools.report.StepLosses;
import dev.fern.tools.report.TrainingCurves;
import java.io.IOException;
import java.nio.file.Files;
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
        for (String line : Files.readAllLines(run.metrics())) {
            JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
            JsonObject evaluation = entry.getAsJsonObject("evaluation");
            if (evaluation == null) {
                losses.add(
                        new StepLosses(
                                entry.get("step").getAsLong(),
                                entry.get("classification").getAsDouble(),
                                entry.get("regression").getAsDouble()));
            } else {
                scores.add(
                        new EpochScores(
                                entry.get("epoch").getAsInt(),
                                evaluation.get("AP").getAsDouble(),
                                evaluation.get("AP50").getAsDouble(),
                                evaluation.get("AP75").getAsDouble()));
            }
        }
        try {
            TrainingCurves.loss("Training loss", losses).write(loss(run));
            TrainingCurves.averagePrecision("Average precision on the validation images", scores)
                    .write(averagePrecision(run));
        } catch (InternalError | NoClassDefFoundError | UnsatisfiedLinkError e) {
            System.err.println(
                    "no curves were drawn: Java finds no fonts; install fontconfig and a font");
        }
    }
}
