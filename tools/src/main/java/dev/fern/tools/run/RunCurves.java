package dev.fern.tools.run;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.report.TrainingCurves;
import java.io.IOException;
import java.nio.file.Path;

/** Draws the curves of a run from its metrics. */
public final class RunCurves {

    private RunCurves() {}

    /** Returns where the curve of the loss is drawn. */
    public static Path loss(RunDirectory run) {
        return run.path().resolve("loss.png");
    }

    /** Returns where the curve of the average precision is drawn. */
    public static Path averagePrecision(RunDirectory run) {
        return run.path().resolve("ap.png");
    }

    /**
     * Draws both curves into the run's folder. On a machine without fonts, where Java can't draw
     * text, it says so and draws none.
     */
    public static void write(RunDirectory run) throws IOException {
        RunHistory history = RunHistory.read(run.metrics());
        try {
            TrainingCurves.loss("Training loss", history.curves()).write(loss(run));
            TrainingCurves.averagePrecision(
                            "Average precision on the validation images", history.evaluations())
                    .write(averagePrecision(run));
        } catch (InternalError | NoClassDefFoundError | UnsatisfiedLinkError e) {
            System.err.println(
                    "no curves were drawn: Java finds no fonts; install fontconfig and a font");
        }
    }
}
