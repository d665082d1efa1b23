package dev.fern.tools.train;

import dev.fern.detection.RunCompanion;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.TrainingListener;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.log.RunLogs;
import dev.fern.tools.run.RunCurves;
import dev.fern.tools.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/** What a command adds to the run of a detector's training: the logs, the record and the curves. */
public final class RunFiles implements RunCompanion {

    private final RunLock lock;
    private final Origin origin;
    private final RunLogs logs;

    /**
     * Where a run comes from.
     *
     * @param configuration every setting
     * @param train the training images
     * @param validation the images that models are scored on, if there are any
     * @param skipBadImages whether images that can't be used are left out
     * @param arguments of {@code fern}
     */
    public record Origin(
            TrainingConfiguration configuration,
            LabelledImages train,
            Optional<LabelledImages> validation,
            boolean skipBadImages,
            List<String> arguments) {}

    /**
     * Begins the files.
     *
     * @param lock of the run's folder
     * @param origin what the record tells
     */
    public RunFiles(RunLock lock, Origin origin) {
        this.lock = lock;
        this.origin = origin;
        this.logs = new RunLogs(lock, System.err);
    }

    /**
     * Names a run's model on standard output; on standard error where the best one is missing.
     *
     * @param run that has ended or paused
     * @param scored whether models are scored, so that one of them is the best
     */
    public static void tellModel(RunDirectory run, boolean scored) {
        if (!scored) {
            System.out.println("model: " + run.last());
        } else if (Files.isDirectory(run.best())) {
            System.out.println("best model: " + run.best());
        } else {
            System.err.println(
                    "warning: "
                            + VisibleText.of(run.best())
                            + " is lost; the newest model is "
                            + VisibleText.of(run.last()));
        }
    }

    @Override
    public TrainingListener listener() {
        return logs;
    }

    @Override
    public void ready() throws IOException {
        Messages.detail(
                () -> "settings: " + origin.configuration.toJson().replaceAll("\\s+", " ").strip());
        RunRecord.add(
                lock.run(),
                origin.train,
                origin.validation,
                origin.skipBadImages,
                origin.configuration.machine().engine(),
                origin.arguments);
    }

    @Override
    public void finished() throws IOException {
        RunCurves.write(lock.run());
    }

    @Override
    public void close() {
        logs.close();
    }
}
