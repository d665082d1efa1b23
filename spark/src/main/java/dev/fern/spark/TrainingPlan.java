package dev.fern.spark;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.RunStart;
import dev.fern.detection.Training;
import dev.fern.detection.TrainingBuilder;
import dev.fern.detection.TrainingWorker;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.detection.worker.RingAllReduce;
import dev.fern.spark.SparkTraining.Outcome;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A training as it is sent to executors. */
final class TrainingPlan implements Serializable {

    private static final long serialVersionUID = 1L;

    /**
     * How long a new stage waits until the leading worker of the one before has let go of the run.
     */
    private static final long LOCK_NANOS = 120_000_000_000L;

    private static final int LOOK_EVERY_MILLIS = 200;

    private final String configuration;
    private final Part train;
    private final Part validation;
    private final String run;
    private final int loaderThreads;
    private final int batchesAhead;
    private final boolean skipBadImages;
    private final boolean batchDependence;
    private final SparkTraining.Companion companion;
    private final RunStart start;
    private final boolean isRestart;

    /** Labelled images, by the names of their files, and how these are read. */
    private record Part(
            String annotations,
            String folder,
            int limit,
            long maxPixels,
            ImageOrientation orientation)
            implements Serializable {

        private static final long serialVersionUID = 1L;

        static Part of(SparkTraining.Images images) {
            return new Part(
                    images.annotations().toAbsolutePath().toString(),
                    images.folder().toAbsolutePath().toString(),
                    images.limit(),
                    images.reader().maxPixels(),
                    images.reader().orientation());
        }

        LabelledImages open(boolean skipBadImages) throws IOException {
            Path file = Path.of(annotations);
            return LabelledImages.open(
                    new AnnotatedFolder(
                            CocoDataset.read(file), file, new ImageFolder(Path.of(folder))),
                    new ImageReader(maxPixels, orientation),
                    skipBadImages,
                    limit);
        }
    }

    /** A training can't begin or go on, with whatever workers. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** Tells the log of the executor how the training goes on. */
    private static final class ExecutorLog implements TrainingListener {

        private final System.Logger log = System.getLogger(SparkTraining.class.getName());

        private void log(String line, Object... values) {
            log.log(System.Logger.Level.INFO, () -> String.format(line, values));
        }

        @Override
        public void note(String line) {
            log("%s", line);
        }

        @Override
        public void started(long firstStep, long totalSteps) {
            log("steps %d to %d", firstStep, totalSteps);
        }

        @Override
        public void step(Step step) {
            log("step %d: loss %.4f, %.2f s", step.step(), step.loss(), step.seconds());
        }

        @Override
        public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
            log("epoch %d: %s%s", epoch, numbers, best ? ", the best so far" : "");
        }

        @Override
        public void skipped(String reason) {
            log("left out: %s", reason);
        }
    }

    /**
     * Makes a plan.
     *
     * @param restart how often the training has lost a worker already
     */
    TrainingPlan(SparkTraining training, RunStart start, int restart) {
        this.configuration = training.configuration().toJson();
        this.train = Part.of(training.train());
        this.validation = training.validation().map(Part::of).orElse(null);
        this.run = training.run().toAbsolutePath().toString();
        this.loaderThreads = training.loading().threads();
        this.batchesAhead = training.loading().batchesAhead();
        this.skipBadImages = training.loading().skipBadImages();
        this.batchDependence = training.batchDependence();
        this.companion = training.companion().orElse(null);
        this.start = start;
        this.isRestart = restart > 0;
    }

    private TrainingConfiguration configuration() {
        JsonObject settings = JsonParser.parseString(configuration).getAsJsonObject();
        return TrainingConfiguration.of(List.of(settings));
    }

    /** Returns DJL's name of the engine. */
    String engine() {
        return configuration().machine().engine();
    }

    private LoaderOptions loading() {
        return new LoaderOptions(loaderThreads, batchesAhead, skipBadImages);
    }

    /**
     * Leads the training.
     *
     * @param isRepeated whether Spark itself has started the stage anew
     * @throws LostWorkerException if another worker has ended
     */
    Outcome lead(RingAllReduce ring, boolean isRepeated) throws IOException, InterruptedException {
        boolean goesOn = isRestart || isRepeated;
        try {
            if (goesOn) {
                awaitLock();
            }
            LabelledImages images = train.open(skipBadImages);
            TrainingBuilder builder =
                    Training.builder(Path.of(run))
                            .configuration(configuration())
                            .data(images)
                            .loading(loading())
                            .start(start)
                            .listener(new ExecutorLog())
                            .workers(ring);
            if (goesOn) {
                builder.resumeIfBegun();
            }
            if (batchDependence) {
                builder.allowBatchDependence();
            }
            Optional<LabelledImages> scored =
                    validation == null
                            ? Optional.empty()
                            : Optional.of(validation.open(skipBadImages));
            scored.ifPresent(builder::validation);
            if (companion != null) {
                builder.companion(companion.of(configuration(), images, scored));
            }
            return new Outcome(builder.build().run().finished(), "");
        } catch (LostWorkerException e) {
            throw e;
        } catch (IOException | TrainingException | IllegalArgumentException e) {
            return new Outcome(false, String.valueOf(e.getMessage()));
        }
    }

    /** Waits until a leading worker that has lost the others has saved what it has. */
    private void awaitLock() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LOCK_NANOS;
        RunDirectory directory = RunDirectory.create(Path.of(run));
        while (true) {
            try {
                directory.lock().close();
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(LOOK_EVERY_MILLIS);
            }
        }
    }

    /**
     * Follows the leading worker to its end. What goes wrong, that one tells the driver, or else
     * Spark does, since then the leading one has ended.
     */
    Optional<Outcome> follow(RingAllReduce ring) throws InterruptedException {
        try {
            new TrainingWorker(() -> train.open(skipBadImages), loading()).run(ring);
        } catch (IOException | IllegalArgumentException e) {
            System.getLogger(SparkTraining.class.getName())
                    .log(System.Logger.Level.WARNING, e.getMessage());
        }
        return Optional.empty();
    }
}
