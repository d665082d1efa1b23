package dev.fern.tools;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.detection.train.TrainingException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

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

    /**
     * Trains.
     *
     * @param resume whether to go on from the run's last checkpoint
     * @return the status to end the process with
     * @throws IOException if a file can't be used
     * @throws BadInputException if the engine is unknown
     */
    int execute(boolean resume) throws IOException, InterruptedException, BadInputException {
        try {
            Engines.require(configuration.engine());
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        LeftOutImages leftOut = new LeftOutImages();
        describe(leftOut);
        try (Detector detector = detector()) {
            // Only now, so that settings and data that can't be used leave no folder behind.
            RunDirectory.create(run.path());
            Closeable lock = run.lock();
            try {
                return execute(detector, leftOut, resume);
            } finally {
                lock.close();
            }
        }
    }

    private int execute(Detector detector, LeftOutImages leftOut, boolean resume)
            throws IOException, InterruptedException {
        try (TrainingProgress progress =
                new TrainingProgress(System.err, System.console() != null, logEvery)) {
            Trainer trainer =
                    new Trainer(
                            configuration,
                            detector,
                            train.images(),
                            trained ->
                                    DetectionScores.numbers(
                                            DetectionScores.evaluate(
                                                    trained,
                                                    val,
                                                    configuration.batchSize(),
                                                    loading,
                                                    leftOut,
                                                    found -> found.write(run.detections()))),
                            run,
                            loading,
                            progress);
            if (resume) {
                trainer.resume();
            } else {
                AtomicFile.write(
                        run.configuration(),
                        configuration.toJson().getBytes(StandardCharsets.UTF_8));
            }
            int status = train(trainer);
            if (status == 0) {
                RunCurves.write(run);
            }
            return status;
        }
    }

    private Detector detector() throws BadInputException {
        try {
            return configuration.newDetector(train.images().categories());
        } catch (IllegalArgumentException e) {
            throw new BadInputException("the settings make no network: " + e.getMessage(), e);
        }
    }

    private int train(Trainer trainer) throws IOException, InterruptedException {
        boolean finished = false;
        OnInterrupt interrupt = new OnInterrupt(trainer::requestStop);
        try {
            finished = trainer.train();
            if (!finished) {
                System.err.println("checkpoint: " + run.last() + " (go on with --resume)");
            }
        } catch (TrainingException e) {
            System.err.println("fern: " + e.getMessage());
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
