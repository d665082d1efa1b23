package dev.fern.tools.sweep;

import dev.fern.detection.train.RunLock;
import dev.fern.tools.sweep.CellOutcome.Environment;
import dev.fern.tools.sweep.Grid.Cell;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Trains cells, several at a time, until all have ended or the runner is told to stop. */
final class SweepRunner {

    /** Is told how the cells of a sweep end, on any thread. */
    @FunctionalInterface
    interface Listener {

        /**
         * A cell's process has ended.
         *
         * @param outcome empty if it was told to stop
         * @param history of the training so far
         * @param seconds for how long the process ran
         */
        void ended(Cell cell, Optional<CellOutcome> outcome, CellHistory history, double seconds)
                throws IOException;
    }

    private final SweepFolder folder;
    private final RunLock lock;
    private final Scaling scaling;
    private final List<String> dataArguments;
    private final Environment environment;
    private final Listener listener;

    /** This and the fields below are guarded by this object. */
    private final Set<Process> running = new HashSet<>();

    private final Queue<Cell> waiting = new ArrayDeque<>();
    private boolean stopped;

    /** A cell's process that runs. */
    private record Started(CellTraining training, Process process) {}

    /**
     * Takes what the cells are trained with.
     *
     * @param lock of the folder, asked before something is written there
     * @param dataArguments the options of {@code fern train} that name the data
     * @param environment the process's; {@code threads} is each cell's share of the cores
     * @param listener is told how each cell ended
     */
    SweepRunner(
            SweepFolder folder,
            RunLock lock,
            Scaling scaling,
            List<String> dataArguments,
            Environment environment,
            Listener listener) {
        this.folder = folder;
        this.lock = lock;
        this.scaling = scaling;
        this.dataArguments = dataArguments;
        this.environment = environment;
        this.listener = listener;
    }

    /**
     * Trains cells. Those that were begun go on from their checkpoints.
     *
     * @param processes how many are trained at a time
     * @return whether all have ended; false if the runner was told to stop
     * @throws IOException if a file can't be written or a process can't be started
     */
    boolean run(List<Cell> cells, int processes) throws IOException, InterruptedException {
        synchronized (this) {
            waiting.addAll(cells);
        }
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
    }

    /** Returns whether every cell that this worker took has ended. */
    private boolean work() throws IOException, InterruptedException {
        boolean all = true;
        for (Optional<Cell> cell = next(); cell.isPresent(); cell = next()) {
            all &= train(cell.get());
        }
        return all && !isStopped();
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private synchronized Optional<Cell> next() {
        return stopped ? Optional.empty() : Optional.ofNullable(waiting.poll());
    }

    private boolean train(Cell cell) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Optional<Started> started = start(cell);
        if (started.isEmpty()) {
            return false;
        }
        CellTraining training = started.get().training;
        Process process = started.get().process;
        int status;
        try {
            status = process.waitFor();
        } finally {
            synchronized (this) {
                running.remove(process);
            }
        }
        lock.requireHeld();
        Optional<CellOutcome> outcome = training.outcome(status, environment);
        if (outcome.isPresent()) {
            training.folder().write(outcome.get());
        }
        listener.ended(
                cell,
                outcome,
                CellHistory.read(training.folder().run()),
                (System.nanoTime() - startNanos) / 1e9);
        return outcome.isPresent();
    }

    private synchronized Optional<Started> start(Cell cell) throws IOException {
        if (stopped) {
            return Optional.empty();
        }
        lock.requireHeld();
        CellTraining training =
                new CellTraining(folder.cell(cell), scaling.configuration(cell), dataArguments);
        Process process = training.start(environment.threads());
        running.add(process);
        return Optional.of(new Started(training, process));
    }
}
