package dev.fern.tools.run;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.report.Plot;
import dev.fern.tools.report.RunPlots;
import java.io.IOException;
import java.nio.file.Path;

/** The pictures of a run's curves in its folder. */
public final class RunCurves {

    private RunCurves() {}

    /**
     * Returns the picture of the loss.
     *
     * @param run a run's folder
     * @return {@code loss.png} in it, whether it exists or not
     */
    public static Path loss(RunDirectory run) {
        return run.path().resolve("loss.png");
    }

    /**
     * Returns the picture of the average precision.
     *
     * @param run a run's folder
     * @return {@code ap.png} in it, whether it exists or not
     */
    public static Path averagePrecision(RunDirectory run) {
        return run.path().resolve("ap.png");
    }

    /**
     * Draws the pictures from the run's metrics; that of the average precision if there were
     * evaluations. On a machine without fonts it draws none and says so on standard error.
     *
     * @param run a run that has metrics
     * @throws IOException if the metrics are damaged or a picture can't be written
     */
    public static void write(RunDirectory run) throws IOException {
        RunHistory history = RunHistory.read(run.metrics());
        RunPlots plots = new RunPlots(history.curves(), history.evaluations());
        try {
            plots.loss().writePng(loss(run), "Training loss");
            if (!history.evaluations().isEmpty()) {
                plots.averagePrecisionByEpoch()
                        .writePng(
                                averagePrecision(run),
                                "Average precision on the validation images");
            }
        } catch (Plot.NoFontsException e) {
            System.err.println("no curves were drawn: " + e.getMessage());
        }
    }
}
