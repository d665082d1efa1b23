package dev.fern.tools.run;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.report.Plot;
import dev.fern.tools.report.RunPlots;
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
        RunPlots plots = new RunPlots(history.curves(), history.evaluations());
        try {
            plots.loss().writePng(loss(run), "Training loss");
            plots.averagePrecisionByEpoch()
                    .writePng(averagePrecision(run), "Average precision on the validation images");
        } catch (Plot.NoFontsException e) {
            System.err.println("no curves were drawn: " + e.getMessage());
        }
    }
}
