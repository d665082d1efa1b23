package dev.fern.tools;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.BackboneWeights;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.detection.train.TrainingException;
import dev.fern.tools.log.RunLogs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
     * @param arguments of {@code fern}, for the record
     * @return the status to end the process with
     * @throws IOException if a file can't be used
     * @throws BadInputException if the engine or its devices are not here, or if settings or data
     *     are not those of the run that is to be resumed
     */
    int execute(Start start, List<String> arguments)
            throws IOException, InterruptedException, BadInputException {
        try {
            Engines.require(configuration.engine());
            configuration.deviceList();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        DataIdentity data = DataIdentity.of(train.images(), val.images());
        if (start == Start.RESUMED) {
            ResumeCheck.require(
                    run,
                    settings -> configuration.changesFrom(TrainingConfiguration.of(settings)),
                    data);
        }
        LeftOutImages leftOut = new LeftOutImages();
        describe(leftOut);
        try (Detector detector = detector()) {
            if (start == Start.FRESH) {
                takeBackbone(detector);
            }
            // Only now, so that settings and data that can't be used leave no folder behind.
            RunDirectory.create(run.path());
            Closeable lock = run.lock();
            try {
                return execute(detector, leftOut, start, data, arguments);
            } finally {
                lock.close();
            }
        }
    }

    private int execute(
            Detector detector,
            LeftOutImages leftOut,
            Start start,
            DataIdentity data,
            List<String> arguments)
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
                                List.of("AP", "AP50", "AP75"));
                RunLogs logs = new RunLogs(run, progress, System.err)) {
            Trainer<?> trainer =
                    new Trainer<>(configuration.optimization().loop(), task, run, logs);
            if (start != Start.FRESH) {
                trainer.resume(
                        problem -> System.err.println("warning: " + VisibleText.of(problem)));
            }
            AtomicFile.write(
                    run.configuration(), configuration.toJson().getBytes(StandardCharsets.UTF_8));
            data.write(run.data());
            RunRecord.add(
                    run, train, val, loading.skipBadImages(), configuration.engine(), arguments);
            int status = train(trainer, run, configuration.optimization().patience());
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
                        configuration.optimization().batchSize(),
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

    /** Gives a fresh detector the backbone that the settings name. */
    private void takeBackbone(Detector detector) throws IOException {
        Optional<BackboneWeights> start = configuration.startingBackbone();
        if (start.isPresent()) {
            BackboneWeights weights = start.get();
            weights.copyInto(detector);
            System.err.println("the backbone starts from " + VisibleText.of(weights.directory()));
            if (!weights.normalization().equals(detector.configuration().normalization())) {
                System.err.println(
                        "warning: that backbone was trained with another pixelMean or pixelStd");
            }
        }
    }

    /**
     * Runs a training until its end or until the process is told to end, which then waits for the
     * checkpoint.
     *
     * @param patience evaluations without a better score after which it ends, for the message
     * @return the status to end the process with
     */
    static int train(Trainer<?> trainer, RunDirectory run, int patience)
            throws IOException, InterruptedException {
        boolean finished = false;
        OnInterrupt interrupt = new OnInterrupt(trainer::requestStop);
        try {
            finished = trainer.train();
            if (finished && trainer.lostPatience()) {
                System.err.printf("ended early: no better score in %d evaluations%n", patience);
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
