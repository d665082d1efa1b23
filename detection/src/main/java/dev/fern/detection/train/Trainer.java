package dev.fern.detection.train;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.train.RunDirectory.Checkpoint;
import dev.fern.detection.train.RunDirectory.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The training loop of any {@link TrainingTask}: epochs, accumulation, the optimiser's steps,
 * evaluations, metrics and checkpoints. What a step does depends on the seed, the epoch and the
 * step alone, so that a resumed training goes on as if it had not been interrupted.
 *
 * @param <B> a batch of the task
 */
public final class Trainer<B> {

    private static final long CHECKPOINT_NANOS = 600_000_000_000L;

    private final LoopSettings settings;
    private final TrainingTask<B> task;
    private final RunDirectory run;
    private final TrainingListener listener;

    private volatile boolean stopRequested;

    /** The training thread while it evaluates; guarded by this object. */
    private Thread evaluating;

    private Progress progress = Progress.START;
    private final Set<String> skippedImages = new HashSet<>();
    private long lastCheckpointNanos = System.nanoTime();

    /** Prepares a training. */
    public Trainer(
            LoopSettings settings,
            TrainingTask<B> task,
            RunDirectory run,
            TrainingListener listener) {
        this.settings = settings;
        this.task = task;
        this.run = run;
        this.listener = listener;
    }

    /**
     * Goes on from the run's last checkpoint.
     *
     * @throws IOException if it is missing or damaged
     */
    public void resume() throws IOException {
        Checkpoint checkpoint = run.readLast();
        task.checkModel(run.last());
        try {
            ParameterValues.assign(task.network(), checkpoint.parameters());
            task.optimizer().restoreState(checkpoint.velocities());
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
        if (task.images() == 0) {
            throw new IOException("the training set has no images");
        }
        long totalSteps = totalSteps();
        if (progress.step() > totalSteps) {
            throw beyondTheEnd();
        }
        LearningRateSchedule schedule = settings.schedule().apply(totalSteps);
        listener.started(progress.step() + 1, totalSteps);
        try (MetricsLog metrics = new MetricsLog(run.metrics(), progress)) {
            while (!isFinished(totalSteps) && !stopRequested) {
                if (trainEpoch(schedule, totalSteps, metrics)) {
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
        return settings.steps() > 0
                ? settings.steps()
                : IntStream.range(0, settings.epochs()).mapToLong(this::stepsOf).sum();
    }

    private long stepsOf(int epoch) {
        return (task.batches(epoch) - 1L) / settings.accumulate() + 1; // rounded up
    }

    /** Trains the rest of the current epoch; returns false if it was stopped before its end. */
    private boolean trainEpoch(LearningRateSchedule schedule, long totalSteps, MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        if (progress.step() >= totalSteps) {
            return true;
        }
        if (progress.batch() > task.batches(progress.epoch())) {
            throw beyondTheEnd();
        }
        StepTotals totals = new StepTotals();
        try (BatchSource<B> loader = task.load(progress.epoch(), progress.batch())) {
            int skippedBefore = 0;
            Optional<B> next = loader.next();
            if (next.isEmpty() && progress.batch() == 0) {
                throw new IOException(
                        "none of the "
                                + task.images()
                                + " training images can be used"
                                + loader.skipped().stream()
                                        .findFirst()
                                        .map(bad -> "; the first: " + bad.getMessage())
                                        .orElse(""));
            }
            while (next.isPresent()) {
                accumulate(next.get(), totals);
                next = loader.next();
                boolean last = next.isEmpty();
                if (totals.batches() == settings.accumulate() || last) {
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

    private void accumulate(B batch, StepTotals totals) throws TrainingException {
        List<BatchLoss> losses = task.accumulate(batch);
        for (BatchLoss part : losses) {
            if (!part.isFinite()) {
                throw notFinite("loss", part.images());
            }
        }
        totals.add(losses);
    }

    private void takeStep(
            LearningRateSchedule schedule, StepTotals totals, MetricsLog metrics, int nextBatch)
            throws IOException, TrainingException {
        double rate = schedule.at(progress.step());
        double norm = task.optimizer().step(rate);
        if (!Double.isFinite(norm)) {
            throw notFinite("gradient", totals.images());
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

    private int reportSkipped(BatchSource<B> loader, int reported) {
        List<? extends IOException> skipped = loader.skipped();
        for (IOException bad : skipped.subList(reported, skipped.size())) {
            if (skippedImages.add(bad.getMessage())) {
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
        if (end || epoch % settings.evaluateEvery() == 0) {
            Optional<Map<String, Double>> evaluation = evaluate();
            if (evaluation.isEmpty()) {
                return;
            }
            Map<String, Double> numbers = evaluation.get();
            metrics.evaluation(epoch, progress.step(), numbers);
            double score = numbers.get(task.score());
            boolean best = score > bestScore || !Files.exists(run.best());
            listener.evaluated(epoch, numbers, best);
            if (best) {
                bestScore = score;
                run.saveBest(task::writeModel, ParameterValues.copyOf(task.network()));
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
            return Optional.of(task.evaluate());
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
                task::writeModel,
                new Checkpoint(
                        progress,
                        ParameterValues.copyOf(task.network()),
                        task.optimizer().copyState()));
        lastCheckpointNanos = System.nanoTime();
    }

    private TrainingException notFinite(String what, List<String> images) {
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
                        + images
                        + "; "
                        + checkpoint
                        + "; try a lower learningRate or a longer warm-up");
    }
}
