package dev.fern.tools;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.detection.train.TrainingException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A training as a command carries it out: with progress on standard error, an evaluation after
 * epochs, and a checkpoint when the process is interrupted.
 *
 * @param logEvery steps from one log line to the next where there is no terminal; 0 for a line
 *     every ten seconds
 */
record TrainingRun(
        TrainingConfiguration configuration,
        LabelledImages train,
        LabelledImages val,
        RunDirectory run,
        LoaderOptions loading,
        int logEvery) {

    /** How a training starts. */
    enum Start {
        /** From the beginning. */
        FRESH,
        /** From the run's last checkpoint, with the run's settings and data. */
        RESUMED,
        /** From the run's last checkpoint, whatever settings and data were before. */
        FORCED
    }

    /**
     * Trains.
     *
     * @return the status to end the process with
     * @throws IOException if a file can't be used
     * @throws BadInputException if the engine or its devices are not here, or if settings or data
     *     are not those of the run that is to be resumed
     */
    int execute(Start start) throws IOException, InterruptedException, BadInputException {
        try {
            Engines.require(configuration.engine());
            configuration.deviceList();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        DataIdentity data = DataIdentity.of(train.images(), val.images());
        if (start == Start.RESUMED) {
            ResumeCheck.require(run, configuration, data);
        }
        LeftOutImages leftOut = new LeftOutImages();
        describe(leftOut);
        try (Detector detector = detector()) {
            // Only now, so that settings and data that can't be used leave no folder behind.
            RunDirectory.create(run.path());
            Closeable lock = run.lock();
            try {
                return execute(detector, leftOut, start, data);
            } finally {
                lock.close();
            }
        }
    }

    private int execute(Detector detector, LeftOutImages leftOut, Start start, DataIdentity data)
            throws IOException, InterruptedException {
        try (DetectionTask task =
                        new DetectionTask(
                                configuration,
                                detector,
                                train.images(),
                                trained -> score(trained, leftOut),
                                loading);
                TrainingProgress progress =
                        new TrainingProgress(
                                System.err,
                                System.console() != null,
                                logEvery,
                                List.of("AP", "AP50", "AP75"))) {
            Trainer<?> trainer = new Trainer<>(configuration.loop(), task, run, progress);
            if (start != Start.FRESH) {
                trainer.resume(
                        problem -> System.err.println("warning: " + VisibleText.of(problem)));
            }
            data.write(run.data());
            AtomicFile.write(
                    run.configuration(), configuration.toJson().getBytes(StandardCharsets.UTF_8));
            int status = train(trainer);
            if (status == 0) {
                RunCurves.write(run);
            }
            return status;
        }
    }

    private Map<String, Double> score(Detector trained, LeftOutImages leftOut)
            throws IOException, InterruptedException {
        return DetectionScores.numbers(
                DetectionScores.evaluate(
                        trained,
                        val,
                        configuration.batchSize(),
                        loading,
                        leftOut,
                        found -> found.write(run.detections())));
    }

    private Detector detector() throws BadInputException {
        try {
            return configuration.newDetector(train.images().categories());
        } catch (IllegalArgumentException e) {
            throw new BadInputException("the settings make no network: " + e.getMessage(), e);
        }
    }

    private int train(Trainer<?> trainer) throws IOException, InterruptedException {
        boolean finished = false;
        OnInterrupt interrupt = new OnInterrupt(trainer::requestStop);
        try {
            finished = trainer.train();
            if (finished && trainer.lostPatience()) {
                System.err.printf(
                        "ended early: no better score in %d evaluations%n",
                        configuration.patience());
            }
            if (!finished) {
                System.err.println("checkpoint: " + run.last() + " (go on with --resume)");
            }
        } catch (TrainingException e) {
            System.err.println("fern: " + VisibleText.of(e.getMessage()));
            return Fern.FAULT;
        } finally {
            if (trainer.imagesSkipped() > 0) {
                System.err.printf("%d images were left out%n", trainer.imagesSkipped());
            }
            interrupt.close();
        }
        return finished ? 0 : Fern.INTERRUPTED;
    }

    private void describe(LeftOutImages leftOut) {
        System.err.printf(
                "training on %d images, validating on %d, %d categories%n",
                train.images().samples().size(),
                val.images().samples().size(),
                train.images().categories().size());
        warn("training", train.images(), leftOut);
        warn("validation", val.images(), leftOut);
        if (!ids(train).equals(ids(val))) {
            System.err.println(
                    "warning: the validation set's category ids are not those of the training set;"
                            + " categories that only one of them has count as missed");
        }
    }

    private static List<Long> ids(LabelledImages images) {
        return images.coco().categories().stream().map(CocoCategory::id).sorted().toList();
    }

    private static void warn(String part, DetectionDataset images, LeftOutImages leftOut) {
        if (images.emptyBoxes() > 0) {
            System.err.printf(
                    "warning: %d %s boxes without area were dropped%n", images.emptyBoxes(), part);
        }
        leftOut.warn(part + " images", images.badImages());
    }
}
