package dev.fern.detection;

import dev.fern.backbone.host.InstalledEngines;
import dev.fern.backbone.norm.Normalization;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LeftOutImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.DatasetValidation;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.RunLostException;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.worker.Followers;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The training of a detector. It leaves a run in a folder: settings, metrics, checkpoints, and the
 * models {@code last} and {@code best}. {@link #builder} makes one, and {@code fern train} is one
 * too, so that the same data and settings give the same bits in both.
 */
public final class Training {

    private final RunDirectory run;
    private final RunStart start;
    private final TrainingConfiguration configuration;
    private final LabelledImages data;
    private final Optional<LabelledImages> validation;
    private final Optional<DetectionTask.Validation> scoring;
    private final LoaderOptions loading;
    private final double pause;
    private final Optional<LearningRateSchedule> schedule;
    private final Optional<ImageAugmentation> augmentation;
    private final TrainingListener listener;
    private final Optional<RunCompanion.Factory> companion;
    private final RingAllReduce workers;
    private final boolean batchDependence;
    private final LeftOutImages leftOut;

    /** The trainer while there is one; guarded by this object, as is the request. */
    private Trainer<?> trainer;

    private boolean stopRequested;
    private boolean ran;

    Training(
            TrainingBuilder from,
            RunStart start,
            TrainingConfiguration configuration,
            LabelledImages data,
            Optional<LabelledImages> validation) {
        this.run = from.run();
        this.start = start;
        this.configuration = configuration;
        this.data = data;
        this.validation = validation;
        this.scoring = from.scoring();
        this.loading = from.loading();
        this.pause = from.pause();
        this.schedule = from.schedule();
        this.augmentation = from.augmentation();
        this.listener = from.listener();
        this.companion = from.companion();
        this.workers = from.workers();
        this.batchDependence = from.allowsBatchDependence();
        this.leftOut = new LeftOutImages(listener::note);
    }

    /**
     * Begins to describe a training.
     *
     * @param run folder of the run; created where it is missing
     * @return a builder
     */
    public static TrainingBuilder builder(Path run) {
        return new TrainingBuilder(run);
    }

    /** {@return every setting of the training} */
    public TrainingConfiguration configuration() {
        return configuration;
    }

    /**
     * Trains on the calling thread, to the end, or until it is to pause or asked to stop.
     *
     * @return how it ended
     * @throws IllegalStateException if this training ran before; build another one to go on
     * @throws TrainingRefusedException if the training can't begin or go on as it was asked for
     * @throws IOException if a file, an image or the weights can't be used, if a user's
     *     augmentation fails, or if another training has the folder; what was trained until then is
     *     in a checkpoint
     * @throws RunLostException if the folder was deleted, moved or replaced meanwhile
     * @throws InterruptedException if the thread is interrupted by something other than {@link
     *     #requestStop}
     * @throws TrainingException if the loss, the gradient, the network's outputs or the learning
     *     rate are not finite, or if a file of the run can't be written
     */
    public TrainingResult run() throws IOException, InterruptedException, TrainingException {
        begin();
        requireMachine();
        TrainingSession session =
                new TrainingSession(
                        run,
                        start,
                        DataIdentity.of(data.images(), validation.map(LabelledImages::images)),
                        configuration.toJson());
        session.requireSame(
                settings -> configuration.changesFrom(TrainingConfiguration.of(settings)));
        OwnParts own = new OwnParts(schedule.isPresent(), augmentation.isPresent());
        if (start == RunStart.RESUMED) {
            own.requireSameAs(run);
        }
        DetectorStart beginning = new DetectorStart(configuration, listener::note);
        Optional<DetectorConfiguration> resumed =
                start == RunStart.FRESH ? Optional.empty() : run.detector();
        DetectionDataset images =
                resumed.isPresent()
                        ? beginning.labelled(data, resumed.get().categories())
                        : data.images();
        describe(images);
        try (Detector detector =
                resumed.isPresent()
                        ? beginning.resumed(run, resumed.get())
                        : beginning.fresh(images.categories())) {
            requireShareable(detector.configuration());
            // Only now, so that settings and data that can't be used leave no folder behind.
            return session.locked(
                    lock -> {
                        own.write(run);
                        return train(session, lock, detector, images);
                    });
        }
    }

    private synchronized void begin() {
        if (ran) {
            throw new IllegalStateException("a training runs once; build another one to go on");
        }
        ran = true;
    }

    private void requireMachine() throws TrainingRefusedException {
        try {
            InstalledEngines.require(configuration.machine().engine());
            configuration.deviceList();
        } catch (IllegalArgumentException e) {
            throw new TrainingRefusedException(e.getMessage(), e);
        }
    }

    /** Refuses a training that several workers can't share. */
    private void requireShareable(DetectorConfiguration detector) throws TrainingRefusedException {
        if (workers.size() == 1) {
            return;
        }
        if (augmentation.isPresent()) {
            throw new TrainingRefusedException(
                    "other workers do not have this program's own augmentation; train in one"
                            + " process");
        }
        Optional<Normalization> mixing = detector.architecture().mixingNorm();
        if (mixing.isPresent() && !batchDependence) {
            throw new TrainingRefusedException(
                    "norm '"
                            + mixing.get().id()
                            + "' mixes the images of a batch, and each of "
                            + workers.size()
                            + " workers would normalise by its own part of it, so that the result"
                            + " would depend on their number; train in one process, choose another"
                            + " norm such as frn, or take that with --allow-batch-dependence");
        }
    }

    private TrainingResult train(
            TrainingSession session, RunLock lock, Detector detector, DetectionDataset images)
            throws IOException, InterruptedException, TrainingException {
        if (workers.size() > 1) {
            new WorkerSetup(configuration, detector.configuration(), session.data().training())
                    .give(workers);
        }
        try (DetectionTask task =
                new DetectionTask(
                        configuration,
                        detector,
                        images,
                        scoring.or(() -> validation.map(val -> validation(val, lock))),
                        loading,
                        augmentation,
                        workers.shard())) {
            if (companion.isEmpty()) {
                return session.train(trainer(session, task, lock, listener));
            }
            try (RunCompanion files = companion.get().open(lock)) {
                Trainer<?> made =
                        trainer(
                                session,
                                task,
                                lock,
                                new Listeners(List.of(listener, files.listener())));
                files.ready();
                TrainingResult result = session.train(made);
                if (result.finished()) {
                    lock.requireHeld();
                    files.finished();
                }
                return result;
            }
        }
    }

    private Trainer<?> trainer(
            TrainingSession session, DetectionTask task, RunLock lock, TrainingListener told)
            throws IOException {
        Trainer<?> made =
                session.trainer(
                        configuration.loop(),
                        schedule.orElse(configuration.optimization().rates(configuration.loop())),
                        task,
                        lock,
                        told,
                        new Followers(workers));
        made.pauseAfter(pause);
        synchronized (this) {
            trainer = made;
            if (stopRequested) {
                made.requestStop();
            }
        }
        return made;
    }

    private DatasetValidation validation(LabelledImages images, RunLock lock) {
        return new DatasetValidation(
                images,
                new DetectorEvaluation.Options(configuration.loop().batchSize(), loading),
                bad -> leftOut.warn("validation images", bad),
                found -> {
                    lock.requireHeld();
                    found.write(run.detections());
                });
    }

    /**
     * Asks {@link #run} to end after the current step, with a checkpoint; an evaluation is broken
     * off. Any thread may call this.
     */
    public synchronized void requestStop() {
        stopRequested = true;
        if (trainer != null) {
            trainer.requestStop();
        }
    }

    /** {@return how many different training images were left out because they can't be used} */
    public synchronized int imagesSkipped() {
        return trainer == null ? 0 : trainer.imagesSkipped();
    }

    private void describe(DetectionDataset images) throws IOException {
        listener.note(
                String.format(
                        "training on %d images, %s, %d categories",
                        images.samples().size(),
                        validation
                                .map(val -> "validating on " + val.images().samples().size())
                                .orElse("without validation images"),
                        images.categories().size()));
        warn("training", data, images);
        if (validation.isPresent()) {
            LabelledImages val = validation.get();
            warn("validation", val, val.images());
            MatchedCategories.of(images.categories(), "the training set", val.coco(), val.name())
                    .notes()
                    .forEach(listener::note);
        }
    }

    private void warn(String part, LabelledImages labelled, DetectionDataset images) {
        if (images.emptyBoxes() > 0) {
            listener.note(
                    String.format(
                            "warning: %d %s boxes without area were dropped%s",
                            images.emptyBoxes(), part, firstWithEmptyBox(labelled, images)));
        }
        String turned = images.orientations().text(part + " images");
        if (!turned.isEmpty()) {
            listener.note(turned);
        }
        leftOut.warn(part + " images", images.badImages());
    }

    /** Returns a phrase that names the first image of which a box was dropped. */
    private static String firstWithEmptyBox(LabelledImages labelled, DetectionDataset images) {
        return images.samples().stream()
                .filter(sample -> targets(labelled, sample) > sample.labels().length)
                .findFirst()
                .map(sample -> ", the first of " + sample.image().name())
                .orElse("");
    }

    private static long targets(LabelledImages labelled, Sample sample) {
        return labelled.coco().annotationsOf(sample.imageId()).stream()
                .filter(annotation -> !annotation.crowd())
                .count();
    }
}
