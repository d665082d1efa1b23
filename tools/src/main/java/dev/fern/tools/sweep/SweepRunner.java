package dev.fern.tools.sweep;

import dev.fern.detection.train.RunLock;
import dev.fern.tools.sweep.SweepPlan.Job;
import dev.fern.tools.sweep.SweepPlan.Standing;
import dev.fern.tools.sweep.result.CellHistory;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Trains the cells that a plan asks for, several at a time, until it asks for no more or the runner
 * is told to stop.
 */
final class SweepRunner {

    /** Is told how the trainings of a sweep end, on any thread. */
    @FunctionalInterface
    interface Listener {

        /**
         * A cell's process has ended.
         *
         * @param ended what the process came to
         * @param standing of the sweep now
         */
        void ended(Ended ended, Standing standing) throws IOException;
    }

    /**
     * What a cell's process came to.
     *
     * @param job what it was to train
     * @param outcome of the cell; empty if it goes on another time
     * @param tuningAp where it paused, AP on the tuning images
     * @param history of the training so far
     * @param seconds for how long the process ran
     */
    record Ended(
            Job job,
            Optional<CellOutcome> outcome,
            OptionalDouble tuningAp,
            CellHistory history,
            double seconds) {

        /** Returns whether the process did what it was to do, or failed. */
        boolean isThrough() {
            return outcome.isPresent() || tuningAp.isPresent();
        }
    }

    private final SweepFolder folder;
    private final RunLock lock;
    private final Scaling scaling;
    private final SweepPlan plan;
    private final List<String> dataArguments;
    private final Environment environment;
    private final Divergence divergence;
    private final Listener listener;

    /** This and the fields below are guarded by this object. */
    private final Set<Process> running = new HashSet<>();

    /** Cells that are being trained, and those that someone else stopped. */
    private final Set<Cell> taken = new HashSet<>();

    private int working;
    private boolean stopped;

    /** A cell's process that runs. */
    private record Started(CellTraining training, Process process) {}

    /**
     * Takes what the cells are trained with.
     *
     * @param plan says which trainings are needed
     * @param lock of the folder, asked before something is written there
     * @param dataArguments the options of {@code fern train} that name the data
     * @param environment the process's; {@code threads} is each cell's share of the cores
     * @param divergence says when a training is given up
     * @param listener is told how each training ended
     */
    SweepRunner(
            SweepPlan plan,
            RunLock lock,
            Scaling scaling,
            List<String> dataArguments,
            Environment environment,
            Divergence divergence,
            Listener listener) {
        this.folder = plan.folder();
        this.plan = plan;
        this.lock = lock;
        this.scaling = scaling;
        this.dataArguments = dataArguments;
        this.environment = environment;
        this.divergence = divergence;
        this.listener = listener;
    }

    /**
     * Trains cells. Those that were begun go on from their checkpoints.
     *
     * @param processes how many are trained at a time
     * @return whether the plan asks for no more; false if the runner, or a cell, was told to stop
     * @throws IOException if a file can't be written or a process can't be started
     */
    boolean run(int processes) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(processes);
        try {
            List<Future<Boolean>> workers = new ArrayList<>();
            for (int i = 0; i < processes; i++) {
                workers.add(threads.submit(() -> work()));
            }
            boolean all = true;
            for (Future<Boolean> worker : workers) {
                all &= worker.get();
            }
            return all;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            stop();
            threads.shutdown();
        }
    }

    /**
     * Tells running cells to write a checkpoint and end. No other cell is begun. Any thread may
     * call this.
     */
    synchronized void stop() {
        stopped = true;
        running.forEach(Process::destroy);
        notifyAll();
    }

    /** Returns whether every training that this worker took is through. */
    private boolean work() throws IOException, InterruptedException {
        boolean all = true;
        for (Optional<Job> job = next(); job.isPresent(); job = next()) {
            boolean through = false;
            try {
                through = train(job.get());
            } finally {
                leave(job.get().cell(), through);
            }
            all &= through;
        }
        return all && !isStopped();
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    /** Waits until a training is needed that nobody does; empty if none will be. */
    private synchronized Optional<Job> next() throws IOException, InterruptedException {
        while (!stopped) {
            for (Job job : plan.standing().needed()) {
                if (taken.add(job.cell())) {
                    working++;
                    return Optional.of(job);
                }
            }
            if (working == 0) {
                break;
            }
            wait(); // what others are training may decide about more
        }
        return Optional.empty();
    }

    private synchronized void leave(Cell cell, boolean through) {
        working--;
        if (through) {
            taken.remove(cell);
        }
        notifyAll();
    }

    private boolean train(Job job) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Optional<Started> started = start(job);
        if (started.isEmpty()) {
            return false;
        }
        CellTraining training = started.get().training;
        Process process = started.get().process;
        CellTraining.End end;
        try {
            end = training.await(process);
        } finally {
            synchronized (this) {
                running.remove(process);
            }
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        lock.requireHeld();
        training.folder().addCost(seconds, end.cpuSeconds());
        Optional<CellOutcome> outcome = training.outcome(end, environment);
        OptionalDouble tuningAp = OptionalDouble.empty();
        if (outcome.isPresent()) {
            training.folder().write(outcome.get());
        } else if (end.status() == 0) {
            tuningAp = OptionalDouble.of(plan.recordTuningAp(job.cell(), job.part()));
        }
        CellHistory history =
                CellHistory.read(
                        training.folder().run(),
                        training.configuration().optimization().clipNorm());
        Ended ended = new Ended(job, outcome, tuningAp, history, seconds);
        listener.ended(ended, plan.standing());
        return ended.isThrough();
    }

    private synchronized Optional<Started> start(Job job) throws IOException {
        if (stopped) {
            return Optional.empty();
        }
        lock.requireHeld();
        CellTraining training =
                new CellTraining(
                        folder.cell(job.cell()),
                        scaling.configuration(job.cell()),
                        dataArguments,
                        job.part(),
                        divergence);
        Process process = training.start(environment.threads());
        running.add(process);
        return Optional.of(new Started(training, process));
    }
}
