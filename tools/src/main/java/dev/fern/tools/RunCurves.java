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

    /** Writes {@code loss.png} and {@code ap.png} into the run's folder and returns their paths. */
    static List<Path> write(RunDirectory run) throws IOException {
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
        Path loss = run.path().resolve("loss.png");
        Path ap = run.path().resolve("ap.png");
        TrainingCurves.loss("Training loss", losses).write(loss);
        TrainingCurves.averagePrecision("Average precision on the validation images", scores)
                .write(ap);
        return List.of(loss, ap);
    }
}
