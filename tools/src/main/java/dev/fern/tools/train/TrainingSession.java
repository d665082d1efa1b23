package dev.fern.tools.train;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.train.TrainingTask;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.VisibleText;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One process's part in a run, whatever is trained: checks that it may go on with it, and trains
 * until the end or until the process is told to end.
 *
 * @param data what is trained on
 */
record TrainingSession(RunDirectory run, RunStart start, DataIdentity data) {

    /** Carries out what is done while no other process writes to the run. */
    @FunctionalInterface
    interface Locked {
        int execute() throws IOException, InterruptedException;
    }

    /**
     * Checks that an engine and its devices are here.
     *
     * @param devices fails with an IllegalArgumentException if they are not
     */
    static void requireEngine(String engine, Supplier<?> devices) throws BadInputException {
        try {
            Engines.require(engine);
            devices.get();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    /**
     * Returns the network that settings describe.
     *
     * @param network fails with an IllegalArgumentException if they can't
     */
    static <N> N network(Supplier<N> network) throws BadInputException {
        try {
            return network.get();
        } catch (IllegalArgumentException e) {
            throw new BadInputException("the settings make no network: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that settings and data are the run's, where that is called for.
     *
     * @param changesFrom see {@link ResumeCheck}
     */
    void requireSame(Function<List<JsonObject>, List<String>> changesFrom)
            throws IOException, BadInputException {
        if (start == RunStart.RESUMED) {
            ResumeCheck.require(run, changesFrom, data);
        }
    }

    /** Makes the run's folder and keeps other processes from it meanwhile. */
    int locked(Locked training) throws IOException, InterruptedException {
        RunDirectory.create(run.path());
        Closeable lock = run.lock();
        try {
            return training.execute();
        } finally {
            lock.close();
        }
    }

    /**
     * Returns what trains, from where the run is to start, and records settings and data.
     *
     * @param configuration the text of its file
     */
    Trainer<?> trainer(
            LoopSettings loop,
            Optimization optimization,
            TrainingTask<?> task,
            TrainingListener listener,
            String configuration)
            throws IOException {
        Trainer<?> trainer = new Trainer<>(loop, optimization, task, run, listener);
        if (start != RunStart.FRESH) {
            trainer.resume(problem -> System.err.println("warning: " + VisibleText.of(problem)));
        }
        AtomicFile.write(run.configuration(), configuration.getBytes(StandardCharsets.UTF_8));
        data.write(run.data());
        return trainer;
    }

    /**
     * Runs a training until its end or until the process is told to end, which then waits for the
     * checkpoint.
     *
     * @param patience evaluations without a better score after which it ends, for the message
     * @return the status to end the process with
     */
    int train(Trainer<?> trainer, int patience) throws IOException, InterruptedException {
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
            return ExitStatus.FAULT;
        } finally {
            if (trainer.imagesSkipped() > 0) {
                System.err.printf("%d images were left out%n", trainer.imagesSkipped());
            }
            interrupt.close();
        }
        return finished ? 0 : ExitStatus.INTERRUPTED;
    }
}
