package dev.fern.detection.train;

import dev.fern.backbone.parameter.ParameterSpread;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.model.NonFiniteOutputException;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.train.CheckpointStore.Checkpoint;
import dev.fern.detection.worker.Followers;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.detection.worker.WorkerReport;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The training loop of any {@link TrainingTask}: epochs, accumulation, the optimiser's steps,
 * evaluations, metrics and checkpoints. What a step draws depends on the seed, the epoch and the
 * image alone, so that a resumed training goes on as if it had not been interrupted. Other workers
 * of the training do what this one tells them, see {@link Follower}. Long because one loop decides
 * when to step, evaluate, save and stop.
 *
 * <p>Long because all that may end a training, and what is saved then, is here.
 *
 * @param <B> the task's kind of batch
 */
public final class Trainer<B> {

    private static final String LOWER_RATE = "; try a lower learningRate or a longer warm-up";

    private final LoopSettings settings;
    private final LearningRateSchedule rates;
    private final TrainingTask<B> task;
    private final RunLock lock;
    private final RunDirectory run;
    private final CheckpointStore store;
    private final TrainingListener listener;
    private final TrainingState state;
    private final PlannedSteps plan;
    private final Followers followers;

    private final StopRequest stop = new StopRequest();

    /** Part of the planned steps after which the training pauses; 1 for none. */
    private double pause = 1;

    private Progress progress = Progress.START;
    private final Set<String> skippedImages = new LinkedHashSet<>();

    /** The progress that the last checkpoint holds; empty before the first. */
    private Optional<Progress> saved = Optional.empty();

    private long savedNanos = System.nanoTime();

    /** Number of the last step as far as is known, which the listener was told. */
    private long lastStep;

    /** The steps of which the device has not told yet. */
    private final List<UnreadStep> unread = new ArrayList<>();

    /** A step whose losses and norm are still on the device. */
    private record UnreadStep(TrainingListener.Step step, List<String> images) {}

    /** Writes something into the run's folder. */
    private interface Writing {
        void write() throws IOException;
    }

    /**
     * Prepares a training that begins with the network as it is.
     *
     * @param settings how the training goes through its images
     * @param rates the learning rate of each step
     * @param task what is trained; the caller closes it
     * @param lock of the run's folder, which takes metrics and models; it is asked before every
     *     writing, and the caller closes it
     * @param listener is told how the training goes on
     */
    public Trainer(
            LoopSettings settings,
            LearningRateSchedule rates,
            TrainingTask<B> task,
            RunLock lock,
            TrainingListener listener) {
        this(settings, rates, task, lock, listener, Followers.none());
    }

    /**
     * Prepares a training that other workers take part in.
     *
     * @param settings how the training goes through its images
     * @param rates the learning rate of each step
     * @param task what is trained, by this worker's shard of every batch; the caller closes it
     * @param lock of the run's folder, which takes metrics and models; it is asked before every
     *     writing, and the caller closes it
     * @param listener is told how the training goes on
     * @param followers the other workers, each of which {@linkplain Follower follows}; the caller
     *     closes their ring
     */
    public Trainer(
            LoopSettings settings,
            LearningRateSchedule rates,
            TrainingTask<B> task,
            RunLock lock,
            TrainingListener listener,
            Followers followers) {
        this.followers = followers;
        this.settings = settings;
        this.rates = rates;
        this.task = task;
        this.lock = lock;
        this.run = lock.run();
        this.store = new CheckpointStore(run, settings.checkpoints().keepCheckpoints());
        this.listener = listener;
        this.state = new TrainingState(task, settings.emaDecay(), followers.ring());
        this.plan = new PlannedSteps(settings, task::batches);
    }

    /**
     * Goes back to the run's newest checkpoint that is whole, from which {@link #train} then goes
     * on.
     *
     * @param warnings is told, one line each, of checkpoints that are damaged
     * @throws IOException if no checkpoint is whole, or it is of another network or other data
     */
    public void resume(Consumer<String> warnings) throws IOException {
        lock.requireHeld();
        Checkpoint checkpoint = store.restore(warnings);
        task.checkModel(run.last());
        try {
            state.restore(checkpoint);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    run.last() + ": the checkpoint does not fit this training: " + e.getMessage(),
                    e);
        }
        progress = checkpoint.progress();
        saved = Optional.of(progress);
    }

    /**
     * Asks {@link #train} to end after the current step, with a checkpoint. An evaluation is broken
     * off; a resumed training begins it again. Any thread may call this.
     */
    public void requestStop() {
        stop.make();
    }

    /**
     * Lets {@link #train} end early: after the first epoch at whose end a part of the planned steps
     * is taken. That epoch is evaluated, and a training that is resumed goes on as if it had not
     * paused.
     *
     * @param part above 0; 1 or more for no pause
     */
    public void pauseAfter(double part) {
        pause = part;
    }

    /** {@return whether the training ended where it was to pause} */
    public boolean isPaused() {
        return pausesAt(progress) && !isFinished();
    }

    private boolean pausesAt(Progress now) {
        long total = plan.total();
        return pause < 1 && now.batch() == 0 && total - plan.left(now) >= pause * total;
    }

    /** {@return how many different images were left out because they can't be used} */
    public int imagesSkipped() {
        return skippedImages.size();
    }

    /** {@return whether the training ended, or will end, because its score stopped rising} */
    public boolean lostPatience() {
        return settings.patience() > 0 && progress.evaluationsSinceBest() >= settings.patience();
    }

    /**
     * Trains to the end, or until asked to stop or {@linkplain #pauseAfter to pause}.
     *
     * @return whether the end was reached
     * @throws IOException if an image can't be used and is not to be skipped, or if no image can be
     *     used; what was trained until then is in a checkpoint
     * @throws RunLostException if the run's folder is no longer the one that was locked; the
     *     training can be saved by {@link #saveInto}
     * @throws InterruptedException if the thread is interrupted by something other than {@link
     *     #requestStop}
     * @throws TrainingException if the loss, the gradient or the network's outputs in an evaluation
     *     are not finite, or if a file of the run can't be written
     */
    public boolean train() throws IOException, InterruptedException, TrainingException {
        if (task.images() == 0) {
            throw new IOException("the training set has no images");
        }
        if (progress.step() > plan.total()) {
            throw new IOException(
                    run.last()
                            + ": the checkpoint is beyond the end of this training; resume with the"
                            + " same data and settings");
        }
        lastStep = progress.step() + plan.left(progress);
        listener.started(progress.step() + 1, lastStep);
        lock.requireHeld();
        if (followers.exist()) {
            state.distribute();
        }
        try (MetricsLog metrics = new MetricsLog(run.metrics(), progress)) {
            while (!isFinished() && !isPaused() && !stop.isMade()) {
                if (trainEpoch(metrics)) {
                    finishEpoch(metrics);
                }
            }
            saveLast();
            followers.end();
        } catch (RunLostException e) {
            throw e;
        } catch (IOException e) {
            if (progress.step() > 0) {
                save();
            }
            throw e instanceof LostWorkerException lost
                    ? lost.with(lastCheckpoint("") + "; go on with --resume")
                    : e;
        }
        return isFinished();
    }

    /**
     * Saves the training as it is in another folder than its own, from which it can go on, since
     * its own was lost.
     *
     * @param other its folder is there
     * @return how many steps were taken
     * @throws IOException if the folder can't be written to
     */
    public long saveInto(RunDirectory other) throws IOException {
        new CheckpointStore(other, 1).save(task::writeModel, state.checkpoint(progress));
        return progress.step();
    }

    /** Returns whether the end is reached, or patience is lost, and the epoch is finished too. */
    private boolean isFinished() {
        return plan.isThrough(progress) || progress.batch() == 0 && lostPatience();
    }

    /**
     * Trains the rest of the current epoch.
     *
     * @return whether it got to the end of the epoch or of the training
     */
    private boolean trainEpoch(MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        if (plan.left(progress) == 0) {
            return true;
        }
        StepTotals totals = new StepTotals();
        // A training may be resumed with settings that make the epoch shorter than it was.
        int first = Math.min(progress.batch(), task.batches(progress.epoch()));
        try (BatchSource<B> loader = task.load(progress.epoch(), first)) {
            int skippedBefore = 0;
            Optional<B> next = loader.next();
            while (next.isPresent()) {
                int batch = loader.position() - 1;
                followers.accumulate(progress.epoch(), batch);
                totals.add(task.accumulate(next.get()));
                next = loader.next();
                boolean last = next.isEmpty();
                int nextBatch = loader.position() - (last ? 0 : 1);
                if (last || !plan.isOneStep(batch, nextBatch)) {
                    double rate = rate(plan.before(progress, batch));
                    takeStep(rate, totals, metrics, nextBatch);
                    skippedBefore = reportSkipped(loader, skippedBefore);
                    if (plan.left(progress) == 0) {
                        break;
                    }
                    if (stop.isMade() && !last) {
                        readSteps(metrics);
                        return false;
                    }
                }
            }
            if (progress.batch() == 0) {
                throw noneUsable(loader);
            }
            readSteps(metrics);
            reportSkipped(loader, skippedBefore);
        } catch (IOException e) {
            readSteps(metrics);
            throw e;
        }
        return true;
    }

    private IOException noneUsable(BatchSource<B> loader) {
        return new IOException(
                "none of the "
                        + task.images()
                        + " training images can be used"
                        + Stream.concat(
                                        loader.skipped().stream().map(Throwable::getMessage),
                                        skippedImages.stream())
                                .findFirst()
                                .map(bad -> "; the first: " + bad)
                                .orElse(""));
    }

    private double rate(long step) throws TrainingException {
        double rate = rates.at(step, plan.total());
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new TrainingException(
                    "the schedule gives the learning rate "
                            + rate
                            + " for step "
                            + step
                            + " (from 0) of "
                            + plan.total()
                            + "; it must be finite and at least 0; "
                            + lastCheckpoint(""),
                    null);
        }
        return rate;
    }

    private void takeStep(double rate, StepTotals totals, MetricsLog metrics, int nextBatch)
            throws IOException, InterruptedException, TrainingException {
        for (WorkerReport report : followers.reports()) {
            totals.add(report);
            report.leftOut().forEach(this::leaveOut);
        }
        if (!totals.notFinite().isEmpty()) {
            throw notFinite("loss", progress.step() + 1, totals.notFinite());
        }
        if (totals.images().isEmpty()) {
            return;
        }
        followers.step(rate, totals.images().size());
        OptionalDouble norm = state.step(rate, progress.step() + 1, totals.images().size());
        if (norm.isPresent() && !Double.isFinite(norm.getAsDouble())) {
            throw notFinite("gradient", progress.step() + 1, totals.images());
        }
        progress = progress.afterStep(nextBatch);
        List<String> images = List.copyOf(totals.images());
        TrainingListener.Step step =
                totals.finish(progress.step(), progress.epoch() + 1, rate, norm.orElse(Double.NaN));
        long end = progress.step() + plan.left(progress);
        if (end != lastStep) {
            lastStep = end;
            listener.shortened(lastStep);
        }
        if (norm.isPresent()) {
            tell(List.of(step), metrics);
        } else {
            unread.add(new UnreadStep(step, images));
            if (unread.size() == DeviceTraining.MOST_UNREAD) {
                readSteps(metrics);
            }
        }
        long nanosSince = System.nanoTime() - savedNanos;
        long savedStep = saved.orElse(Progress.START).step();
        if (settings.checkpoints().isDue(nanosSince, progress.step() - savedStep)) {
            readSteps(metrics);
            saveLast();
        }
    }

    /**
     * Finds out what came of the steps that the device has taken. No checkpoint is written before:
     * it would hold what follows a loss that is not finite.
     */
    private void readSteps(MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        if (unread.isEmpty()) {
            return;
        }
        List<StepNumbers> numbers = task.onDevice().orElseThrow().read();
        List<UnreadStep> taken = List.copyOf(unread);
        unread.clear();
        List<TrainingListener.Step> steps = new ArrayList<>();
        for (int i = 0; i < taken.size(); i++) {
            TrainingListener.Step step =
                    taken.get(i).step.with(numbers.get(i).losses(), numbers.get(i).gradientNorm());
            if (!Double.isFinite(step.loss() + step.gradientNorm())) {
                tell(steps, metrics);
                throw notFinite(
                        Double.isFinite(step.loss()) ? "gradient" : "loss",
                        step.step(),
                        taken.get(i).images);
            }
            steps.add(step);
        }
        tell(steps, metrics);
    }

    private void tell(List<TrainingListener.Step> steps, MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        for (TrainingListener.Step step : steps) {
            write(() -> metrics.step(step));
        }
        try {
            steps.forEach(listener::step);
        } catch (RuntimeException e) { // a fault of the program that listens
            saveLast();
            throw e;
        }
    }

    private int reportSkipped(BatchSource<B> loader, int reported) {
        List<? extends IOException> skipped = loader.skipped();
        for (IOException bad : skipped.subList(reported, skipped.size())) {
            leaveOut(bad.getMessage());
        }
        return skipped.size();
    }

    private void leaveOut(String reason) {
        if (skippedImages.add(reason)) {
            listener.skipped(reason);
        }
    }

    /** Evaluates if that is due. If it is broken off, the epoch remains to be finished. */
    private void finishEpoch(MetricsLog metrics)
            throws IOException, InterruptedException, TrainingException {
        Progress finished = progress.afterEpoch();
        boolean isDue =
                plan.isThrough(finished)
                        || finished.epoch() % settings.evaluateEvery() == 0
                        || pausesAt(finished);
        if (isDue && task.isEvaluated()) {
            if (saved.isEmpty()) {
                saveLast(); // a best model without a checkpoint would belong to no training
            }
            Optional<Map<String, Double>> evaluation;
            try {
                evaluation = stop.unlessMade(state::evaluate);
            } catch (NonFiniteOutputException e) {
                throw new TrainingException(
                        "evaluation after step "
                                + finished.step()
                                + ": "
                                + e.getMessage()
                                + "; "
                                + lastCheckpoint("")
                                + LOWER_RATE,
                        e);
            }
            if (evaluation.isEmpty()) {
                return;
            }
            Map<String, Double> numbers = evaluation.get();
            Map<String, ParameterSpread> norms = ParameterSpread.ofNorms(task.network());
            write(() -> metrics.evaluation(finished.epoch(), finished.step(), numbers, norms));
            double score = numbers.get(task.score());
            boolean best = score > finished.bestScore() || !Files.exists(run.best());
            listener.evaluated(finished.epoch(), numbers, best);
            if (best) {
                write(() -> store.saveBest(task::writeModel, state.model()));
            }
            progress = finished.afterEvaluation(score, best);
        } else {
            progress = finished;
        }
        if (!isFinished()) {
            saveLast();
        }
    }

    /** Saves the training, once the other workers have shown that they have the same. */
    private void saveLast() throws IOException, InterruptedException, TrainingException {
        if (followers.exist() && !saved.equals(Optional.of(progress))) {
            followers.check();
            Optional<String> difference = Followers.difference(followers.ring(), state.checksum());
            if (difference.isPresent()) {
                throw new TrainingException(
                        difference.get() + "; " + lastCheckpoint("good "), null);
            }
        }
        save();
    }

    private void save() throws TrainingException, RunLostException {
        if (!saved.equals(Optional.of(progress))) {
            write(() -> store.save(task::writeModel, state.checkpoint(progress)));
            saved = Optional.of(progress);
            savedNanos = System.nanoTime();
        }
    }

    private void write(Writing writing) throws TrainingException, RunLostException {
        lock.requireHeld();
        try {
            writing.write();
        } catch (IOException e) {
            throw new TrainingException(
                    run.path()
                            + ": can't be written to at step "
                            + progress.step()
                            + ": "
                            + e.getMessage()
                            + "; "
                            + lastCheckpoint("good ")
                            + "; make room, then go on with --resume",
                    e);
        }
    }

    private TrainingException notFinite(String what, long step, List<String> images) {
        return new TrainingException(
                "the "
                        + what
                        + " is not finite at step "
                        + step
                        + ", images "
                        + images
                        + "; "
                        + lastCheckpoint("good ")
                        + LOWER_RATE,
                null);
    }

    private String lastCheckpoint(String adjective) {
        return saved.map(
                        at ->
                                "the last "
                                        + adjective
                                        + "checkpoint is "
                                        + run.last()
                                        + ", of step "
                                        + at.step())
                .orElse("there is no checkpoint yet");
    }
}
