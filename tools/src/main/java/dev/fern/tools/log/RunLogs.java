package dev.fern.tools.log;

import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.TrainingListener;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Keeps a training's numbers as tables and for TensorBoard. A log that can't be written is given up
 * with a warning and does not end the training, since it holds nothing that {@code metrics.jsonl}
 * does not hold.
 */
public final class RunLogs implements TrainingListener, AutoCloseable {

    private final BooleanSupplier held;
    private final List<RunLog> logs;
    private final PrintStream err;
    private long step;

    /** Something to tell a log. */
    @FunctionalInterface
    private interface Message {
        void tell(RunLog log) throws IOException;
    }

    /**
     * Logs into a run's folder.
     *
     * @param lock of the run's folder; where it is lost, nothing more is logged
     * @param err receives the warnings
     */
    public RunLogs(RunLock lock, PrintStream err) {
        this(
                lock::isHeld,
                List.of(
                        new MetricsTables(lock.run().path(), lock.run().metrics()),
                        new TensorBoardLog(lock.run().path(), Clock.systemUTC())),
                err);
    }

    RunLogs(BooleanSupplier held, List<RunLog> logs, PrintStream err) {
        this.held = held;
        this.logs = new ArrayList<>(logs);
        this.err = err;
    }

    @Override
    public void started(long firstStep, long totalSteps) {
        step = firstStep - 1;
        tell(log -> log.started(firstStep));
    }

    @Override
    public void step(Step taken) {
        step = taken.step();
        tell(log -> log.step(taken));
    }

    @Override
    public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
        tell(log -> log.evaluated(step, numbers));
    }

    @Override
    public void close() {
        tell(RunLog::close);
    }

    private void tell(Message message) {
        if (!held.getAsBoolean()) {
            return; // not even to be closed, which writes what is left
        }
        for (RunLog log : List.copyOf(logs)) {
            try {
                message.tell(log);
            } catch (IOException e) {
                logs.remove(log);
                err.println(
                        "warning: "
                                + log
                                + " can't be written, and the training goes on without: "
                                + e.getMessage());
            }
        }
    }
}
