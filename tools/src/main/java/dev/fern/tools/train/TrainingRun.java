package dev.fern.tools.train;

import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.Trainer;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.evaluate.DetectorEvaluation;
import dev.fern.tools.evaluate.MatchedCategories;
import dev.fern.tools.input.LeftOutImages;
import dev.fern.tools.input.OrientationNote;
import dev.fern.tools.log.RunLogs;
import dev.fern.tools.run.RunCurves;
import dev.fern.tools.run.RunRecord;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The training of a detector as a command carries it out: with progress on standard error, an
 * evaluation after epochs, and a checkpoint when the process is interrupted.
 *
 * @param configuration the settings
 * @param train the training images
 * @param val the validation images, if there are any
 * @param run the folder of the run
 * @param loading how images are read ahead
 * @param logEvery number of steps from one log line to the next where there is no terminal; 0 for
 *     one line every ten seconds
 */
public record TrainingRun(
        TrainingConfiguration configuration,
        LabelledImages train,
        Optional<LabelledImages> val,
        RunDirectory run,
        LoaderOptions loading,
        int logEvery) {

    /**
     * Trains the detector.
     *
     * @param start from the beginning or from the last checkpoint
     * @param arguments of {@code fern}, for the record
     * @return the exit status of the process
     * @throws IOException if a file can't be used
     * @throws InterruptedException if the thread is interrupted meanwhile
     * @throws BadInputException if the engine or its devices are not available, or if settings or
     *     data are not those of the run that is to be resumed
     */
    public int execute(RunStart start, List<String> arguments)
            throws IOException, InterruptedException, BadInputException {
        TrainingSession.prepareMachine(configuration.machine(), configuration::deviceList);
        TrainingSession session =
                new TrainingSession(
                        run,
                        start,
                        DataIdentity.of(train.images(), val.map(LabelledImages::images)));
        session.requireSame(
                settings -> configuration.changesFrom(TrainingConfiguration.of(settings)));
        DetectorStart beginning =
                new DetectorStart(configuration, line -> System.err.println(VisibleText.of(line)));
        Optional<DetectorConfiguration> resumed =
                start == RunStart.FRESH ? Optional.empty() : run.detector();
        if (resumed.isPresent()) {
            DetectionDataset labelled = beginning.labelled(train, resumed.get().categories());
            return new TrainingRun(
                            configuration,
                            new LabelledImages(
                                    train.coco(),
                                    labelled,
                                    train.annotations(),
                                    train.folder(),
                                    train.limit(),
                                    train.advice()),
                            val,
                            run,
                            loading,
                            logEvery)
                    .execute(session, () -> beginning.resumed(run, resumed.get()), arguments);
        }
        return execute(session, () -> beginning.fresh(train.images().categories()), arguments);
    }

    /** Makes the detector that is trained. */
    private interface Beginning {
        Detector detector() throws IOException, BadInputException;
    }

    private int execute(TrainingSession session, Beginning beginning, List<String> arguments)
            throws IOException, InterruptedException, BadInputException {
        LeftOutImages leftOut = new LeftOutImages();
        describe(leftOut);
        try (Detector detector = beginning.detector()) {
            // Only now, so that settings and data that can't be used leave no folder behind.
            return session.locked(lock -> train(session, lock, detector, leftOut, arguments));
        }
    }

    private int train(
            TrainingSession session,
            RunLock lock,
            Detector detector,
            LeftOutImages leftOut,
            List<String> arguments)
            throws IOException, InterruptedException {
        try (DetectionTask task = task(lock, detector, leftOut);
                TrainingProgress progress =
                        new TrainingProgress(
                                System.err,
                                logEvery,
                                List.of("AP", "AP50", "AP75"),
                                total -> ScheduleAdvice.of(configuration.optimization(), total));
                RunLogs logs = new RunLogs(lock, progress, System.err)) {
            Trainer<?> trainer =
                    session.trainer(
                            configuration.loop(),
                            configuration.optimization(),
                            task,
                            lock,
                            logs,
                            configuration.toJson());
            RunRecord.add(
                    run,
                    train,
                    val,
                    loading.skipBadImages(),
                    configuration.machine().engine(),
                    arguments);
            int status =
                    session.train(trainer, configuration.loop().patience(), configuration.toJson());
            if (status == 0) {
                lock.requireHeld();
                RunCurves.write(run);
            }
            return status;
        }
    }

    private DetectionTask task(RunLock lock, Detector detector, LeftOutImages leftOut) {
        return val.isEmpty()
                ? new DetectionTask(configuration, detector, train.images(), loading)
                : new DetectionTask(
                        configuration,
                        detector,
                        train.images(),
                        trained -> score(trained, val.get(), lock, leftOut),
                        loading);
    }

    private Map<String, Double> score(
            Detector trained, LabelledImages images, RunLock lock, LeftOutImages leftOut)
            throws IOException, InterruptedException {
        return DetectorEvaluation.validate(
                        trained,
                        images,
                        configuration.loop().batchSize(),
                        loading,
                        leftOut,
                        found -> {
                            lock.requireHeld();
                            found.write(run.detections());
                        })
                .numbers();
    }

    private void describe(LeftOutImages leftOut) throws IOException {
        System.err.printf(
                "training on %d images, %s, %d categories%n",
                train.images().samples().size(),
                val.map(images -> "validating on " + images.images().samples().size())
                        .orElse("without validation images"),
                train.images().categories().size());
        warn("training", train.images(), leftOut);
        if (val.isPresent()) {
            warn("validation", val.get().images(), leftOut);
            MatchedCategories.of(
                            train.images().categories(),
                            "the training set",
                            val.get().coco(),
                            val.get().annotations())
                    .notes()
                    .forEach(note -> System.err.println(VisibleText.of(note)));
        }
    }

    private static void warn(String part, DetectionDataset images, LeftOutImages leftOut) {
        if (images.emptyBoxes() > 0) {
            System.err.printf(
                    "warning: %d %s boxes without area were dropped%n", images.emptyBoxes(), part);
        }
        OrientationNote.print(part + " images", images);
        leftOut.warn(part + " images", images.badImages());
    }
}
