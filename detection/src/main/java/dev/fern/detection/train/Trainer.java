package dev.fern.detection.train;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.train.RunDirectory.Checkpoint;
import dev.fern.detection.train.RunDirectory.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The training loop. What a step does depends on the seed, the epoch and the step alone, so that a
 * resumed training goes on as if it had not been interrupted.
 */
public final class Trainer {

    private static final long CHECKPOINT_NANOS = 600_000_000_000L;

    /** Scores the detector during training. */
    @FunctionalInterface
    public interface Validation {
        /**
         * Evaluates.
         *
         * @return numbers by name, finite; "AP" decides which model is the best
         */
        Map<String, Double> evaluate(Detector detector) throws IOException, InterruptedException;
    }

    private final TrainingConfiguration configuration;
    private final Detector detector;
    private final DetectionDataset dataset;
    private final Validation validation;
    private final RunDirectory run;
    private final LoaderOptions loading;
    private final TrainingListener listener;
    private final BatchSampler sampler;
    private final SgdOptimizer optimizer;
    private final Matcher matcher;
    private final BatchDecoder decoder;

    private volatile boolean stopRequested;

    /** The training thread while it evaluates; guarded by this object. */
    private Thread evaluating;

    private Progress progress = Progress.START;
    private final Set<Long> skippedImages = new HashSet<>();
    private long lastCheckpointNanos = System.nanoTime();

    /** A batch with what its anchors should predict. */
    private record MatchedBatch(Batch batch, Anchors anchors, List<AnchorTargets> targets)
            implements AutoCloseable {

        List<Long> imageIds() {
            return batch.items().stream().map(Batch.Item::imageId).toList();
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    /** Sums over the images of a step. */
    private static final class StepTotals {
        private double classification;
        private double regression;
        private final List<Long> imageIds = new ArrayList<>();
        private int positives;
        private int batches;
        private long startNanos = System.nanoTime();

        void add(DetectionLoss loss, List<Long> ids) {
            classification += loss.classification() * ids.size();
            regression += loss.regression() * ids.size();
            imageIds.addAll(ids);
            positives += loss.positives();
        }

        TrainingListener.Step finish(long step, int epoch, double rate, double norm) {
            long now = System.nanoTime();
            TrainingListener.Step finished =
                    new TrainingListener.Step(
                            step,
                            epoch,
                            classification / imageIds.size(),
                            regression / imageIds.size(),
                            rate,
                            norm,
                            imageIds.size(),
                            positives,
                            (now - startNanos) / 1e9);
            classification = 0;
            regression = 0;
            imageIds.clear();
            positives = 0;
            batches = 0;
            startNanos = now;
            return finished;
        }
    }

    /**
     * Prepares a training.
     *
     * @param detector of {@code configuration}; its parameters are trained
     * @param validation after epochs
     * @param loading how images are read ahead
     */
    public Trainer(
            TrainingConfiguration configuration,
            Detector detector,
            DetectionDataset dataset,
            Validation validation,
            RunDirectory run,
            LoaderOptions loading,
            TrainingListener listener) {
        this.configuration = configuration;
        this.detector = detector;
        this.dataset = dataset;
        this.validation = validation;
        this.run = run;
        this.loading = loading;
        this.listener = listener;
        this.sampler =
                new BatchSampler(
                        dataset,
                        configuration.batchSize(),
                        configuration.canvasRule(),
                        configuration.augmentation(),
                        configuration.seed());
        this.optimizer = configuration.optimizer(detector.network());
        this.matcher = configuration.matcher();
        this.decoder =
                new BatchDecoder(
                        ImageReader.forDataSets(), detector.configuration().normalization());
    }

    /**
     * Goes on from the run's last checkpoint.
     *
     * @throws IOException if it is missing or damaged
     */
    public void resume() throws IOException {
        Checkpoint checkpoint = run.readLast();
        if (!ModelDirectory.readConfiguration(run.last())
                .categories()
                .equals(detector.configuration().categories())) {
            throw new IOException(
                    run.last() + ": was trained on other categories; resume with the same data");
        }
        try {
            ParameterValues.assign(detector.network(), checkpoint.parameters());
            optimizer.restoreState(checkpoint.velocities());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    run.last() + ": the checkpoint does not fit this training: " + e.getMessage(),
                    e);
        }
        progress = checkpoint.progress();
    }

    /**
     * Asks {@link #train} to end after the current step, with a checkpoint. An evaluation is broken
     * off, to be made up for when the training is resumed. Any thread may call.
     */
    public synchronized void requestStop() {
        stopRequested = true;
        if (evaluating != null) {
            evaluating.interrupt();
        }
    }

    /** Returns how many different images were left out. */
    public int imagesSkipped() {
        return skippedImages.size();
    }

    /**
     * Trains to the end, or until asked to stop.
     *
     * @return whether the end was reached
     * @throws IOException if an image can't be used and is not to be skipped, if there is none that
     *     can be used, or if a file can't be written
     * @throws TrainingException if the loss or the gradient is not finite
     */
    public boolean train() throws IOException, InterruptedException, TrainingException {
        if (dataset.samples().isEmpty()) {
            throw new IOException("the training set has no images");
        }
        long totalSteps = totalSteps();
        if (progress.step() > totalSteps) {
            throw beyondTheEnd();
        }
        LearningRateSchedule schedule = configuration.schedule(totalSteps);
        listener.started(progress.step() + 1, totalSteps);
        try (MetricsLog metrics = new MetricsLog(run.metrics(), progress);
                BatchGradients gradients = BatchGradients.of(configuration, detector, optimizer)) {
            while (!isFinished(totalSteps) && !stopRequested) {
                if (trainEpoch(schedule, totalSteps, gradients, metrics)) {
                    finishEpoch(totalSteps, metrics);
                }
            }
            saveLast();
        }
        return isFinished(totalSteps);
    }

    /** Whether all steps were taken and the evaluation after the last is done too. */
    private boolean isFinished(long totalSteps) {
        return progress.step() >= totalSteps && progress.batch() == 0;
    }

    private IOException beyondTheEnd() {
        return new IOException(
                run.last()
                        + ": the checkpoint is beyond the end of this training; resume with the same"
                        + " data and settings");
    }

    private long totalSteps() {
        if (configuration.steps() > 0) {
            return configuration.steps();
        }
        int epochs = configuration.epochs();
        if (!configuration.augmentation().drawsCanvas()) {
            return epochs * stepsOf(0); // every epoch has the same canvases
        }
        return IntStream.range(0, epochs).mapToLong(this::stepsOf).sum();
    }

    private long stepsOf(int epoch) {
        int batches = sampler.epoch(epoch).batches().size();
        return (batches - 1L) / configuration.accumulate() + 1; // rounded up
    }

    /** Trains the rest of the current epoch; returns false if it was stopped before its end. */
    private boolean trainEpoch(
            LearningRateSchedule schedule,
            long totalSteps,
            BatchGradients gradients,
            MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        if (progress.step() >= totalSteps) {
            return true;
        }
        BatchPlan plan = detector.configuration().checked(sampler.epoch(progress.epoch()));
        if (progress.batch() > plan.batches().size()) {
            throw beyondTheEnd();
        }
        StepTotals totals = new StepTotals();
        try (BatchLoader<MatchedBatch> loader =
                new BatchLoader<>(plan, progress.batch(), decoder, this::match, loading)) {
            int skippedBefore = 0;
            Optional<MatchedBatch> next = loader.next();
            if (next.isEmpty() && progress.batch() == 0) {
                throw new IOException(
                        "none of the "
                                + dataset.samples().size()
                                + " training images can be used"
                                + loader.skipped().stream()
                                        .findFirst()
                                        .map(bad -> "; the first: " + bad.getMessage())
                                        .orElse(""));
            }
            while (next.isPresent()) {
                try (MatchedBatch batch = next.get()) {
                    accumulate(batch, gradients, totals);
                }
                next = loader.next();
                boolean last = next.isEmpty();
                if (totals.batches == configuration.accumulate() || last) {
                    takeStep(schedule, totals, metrics, loader.position() - (last ? 0 : 1));
                    skippedBefore = reportSkipped(loader, skippedBefore);
                    if (progress.step() == totalSteps) {
                        break;
                    }
                    if (stopRequested && !last) {
                        return false;
                    }
                }
            }
            reportSkipped(loader, skippedBefore);
        }
        return true;
    }

    private MatchedBatch match(Batch batch) {
        Anchors anchors = detector.anchors(batch.items().get(0).canvas());
        List<AnchorTargets> targets =
                batch.items().stream()
                        .map(i -> AnchorTargets.assign(matcher, anchors, i.boxes(), i.labels()))
                        .toList();
        return new MatchedBatch(batch, anchors, targets);
    }

    private void accumulate(MatchedBatch batch, BatchGradients gradients, StepTotals totals)
            throws IOException, TrainingException {
        List<BatchGradients.Part> parts =
                gradients.accumulate(
                        batch.batch.pixels(),
                        batch.batch.canvasSize().height(),
                        batch.batch.canvasSize().width(),
                        batch.anchors,
                        batch.targets);
        for (BatchGradients.Part part : parts) {
            List<Long> ids = batch.imageIds().subList(part.first(), part.end());
            if (!part.loss().isFinite()) {
                throw notFinite("loss", ids);
            }
            totals.add(part.loss(), ids);
        }
        totals.batches++;
    }

    private void takeStep(
            LearningRateSchedule schedule, StepTotals totals, MetricsLog metrics, int nextBatch)
            throws IOException, TrainingException {
        double rate = schedule.at(progress.step());
        double norm = optimizer.step(rate);
        if (!Double.isFinite(norm)) {
            throw notFinite("gradient", totals.imageIds);
        }
        progress =
                new Progress(
                        progress.epoch(), nextBatch, progress.step() + 1, progress.bestScore());
        TrainingListener.Step step =
                totals.finish(progress.step(), progress.epoch() + 1, rate, norm);
        metrics.step(step);
        listener.step(step);
        if (System.nanoTime() - lastCheckpointNanos > CHECKPOINT_NANOS) {
            saveLast();
        }
    }

    private int reportSkipped(BatchLoader<?> loader, int reported) {
        List<BadImageException> skipped = loader.skipped();
        for (BadImageException bad : skipped.subList(reported, skipped.size())) {
            if (skippedImages.add(bad.imageId())) {
                listener.skipped(bad.getMessage());
            }
        }
        return skipped.size();
    }

    /** Evaluates where that is due. If it is broken off, the epoch remains to be finished. */
    private void finishEpoch(long totalSteps, MetricsLog metrics)
            throws IOException, InterruptedException {
        int epoch = progress.epoch() + 1;
        double bestScore = progress.bestScore();
        boolean end = progress.step() >= totalSteps;
        if (end || epoch % configuration.evaluateEvery() == 0) {
            Optional<Map<String, Double>> evaluation = evaluate();
            if (evaluation.isEmpty()) {
                return;
            }
            Map<String, Double> numbers = evaluation.get();
            metrics.evaluation(epoch, progress.step(), numbers);
            boolean best = numbers.get("AP") > bestScore || !Files.exists(run.best());
            listener.evaluated(epoch, numbers, best);
            if (best) {
                bestScore = numbers.get("AP");
                run.saveBest(detector.configuration(), detector.copyParameters());
            }
        }
        progress = new Progress(epoch, 0, progress.step(), bestScore);
        if (!end) {
            saveLast();
        }
    }

    /**
     * Returns the validation's numbers, or empty if a stop was requested before they were there.
     */
    private Optional<Map<String, Double>> evaluate() throws IOException, InterruptedException {
        synchronized (this) {
            if (stopRequested) {
                return Optional.empty();
            }
            evaluating = Thread.currentThread();
        }
        try {
            return Optional.of(validation.evaluate(detector));
        } catch (InterruptedException e) {
            if (!stopRequested) {
                throw e;
            }
            return Optional.empty();
        } finally {
            synchronized (this) {
                evaluating = null;
                if (stopRequested) {
                    Thread.interrupted();
                }
            }
        }
    }

    private void saveLast() throws IOException {
        run.saveLast(
                detector.configuration(),
                new Checkpoint(progress, detector.copyParameters(), optimizer.copyState()));
        lastCheckpointNanos = System.nanoTime();
    }

    private TrainingException notFinite(String what, List<Long> imageIds) {
        String checkpoint =
                run.hasCheckpoint()
                        ? "the last good checkpoint is " + run.last()
                        : "there is no checkpoint yet";
        return new TrainingException(
                "the "
                        + what
                        + " is not finite at step "
                        + (progress.step() + 1)
                        + ", images "
                        + imageIds
                        + "; "
                        + checkpoint
                        + "; try a lower learningRate or a longer warm-up");
    }
}
