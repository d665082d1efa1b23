package dev.fern.tools.train;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.MachineSettings;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.RunLostException;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.train.TrainingTask;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.ShellWords;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.PrecisionAdvice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The part of one process in a run, of a detector or a classifier. It checks that the process may
 * go on with the run, and trains until the end or until the process is told to end.
 *
 * @param run the folder of the run
 * @param start from the beginning or from the last checkpoint
 * @param data what identifies the data
 */
record TrainingSession(RunDirectory run, RunStart start, DataIdentity data) {

    /** Work that is done while no other process writes to the run. */
    @FunctionalInterface
    interface Locked {
        int execute(RunLock lock) throws IOException, InterruptedException;
    }

    /**
     * Checks that an engine and its devices are available, and says so where another precision
     * would be much faster.
     *
     * @param devices throws an IllegalArgumentException if they are not
     * @throws BadInputException if they are not
     */
    static void prepareMachine(MachineSettings machine, Supplier<List<Device>> devices)
            throws BadInputException {
        try {
            Engines.require(machine.engine());
            List<Device> used = devices.get();
            PrecisionAdvice.print(machine.precision(), used.get(0));
            Messages.detail(
                    String.format(
                            "engine %s on %s, %d threads, %s",
                            machine.engine(),
                            used,
                            EngineThreads.cores(),
                            machine.precision().id()));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    /**
     * Returns the network that settings describe.
     *
     * @param network throws an IllegalArgumentException if no network can be made of the settings
     * @throws BadInputException if no network can be made of the settings
     */
    static <N> N network(Supplier<N> network) throws BadInputException {
        try {
            return network.get();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(
                    "no network can be made of the settings: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that settings and data are those of the run, if it is resumed without force.
     *
     * @param changesFrom see {@link ResumeCheck#require}
     * @throws BadInputException naming what differs
     */
    void requireSame(Function<List<JsonObject>, List<String>> changesFrom)
            throws IOException, BadInputException {
        if (start == RunStart.RESUMED) {
            ResumeCheck.require(run, changesFrom, data);
        }
    }

    /**
     * Makes the run's folder and does some work while it keeps other processes out of it.
     *
     * @throws IOException naming the folder if another process trains in it
     */
    int locked(Locked training) throws IOException, InterruptedException {
        RunDirectory.create(run.path());
        try (RunLock lock = run.lock()) {
            return training.execute(lock);
        }
    }

    /**
     * Makes a trainer that begins where the run is to start, and records settings and data in the
     * run's folder.
     *
     * @param configuration the text of the file of settings
     */
    Trainer<?> trainer(
            LoopSettings loop,
            Optimization optimization,
            TrainingTask<?> task,
            RunLock lock,
            TrainingListener listener,
            String configuration)
            throws IOException {
        Trainer<?> trainer = new Trainer<>(loop, optimization, task, lock, listener);
        if (start != RunStart.FRESH) {
            trainer.resume(problem -> System.err.println("warning: " + VisibleText.of(problem)));
        }
        lock.requireHeld();
        describe(run, configuration);
        Messages.detail("settings: " + configuration.replaceAll("\\s+", " ").strip());
        return trainer;
    }

    private void describe(RunDirectory folder, String configuration) throws IOException {
        AtomicFile.write(folder.configuration(), configuration.getBytes(StandardCharsets.UTF_8));
        data.write(folder.data());
    }

    /**
     * Trains until the end or until the process is told to end, which then waits for the
     * checkpoint.
     *
     * @param patience number of evaluations without a better score after which the training ends,
     *     for the message
     * @param configuration the text of the file of settings, which goes beside the training where
     *     its folder is lost
     * @return the exit status of the process
     */
    int train(Trainer<?> trainer, int patience, String configuration)
            throws IOException, InterruptedException {
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
            Messages.errors().println("fern: " + VisibleText.of(e.getMessage()));
            return ExitStatus.FAULT;
        } catch (RunLostException e) {
            Messages.errors()
                    .println(
                            "fern: "
                                    + VisibleText.of(
                                            e.getMessage()
                                                    + "; "
                                                    + rescue(trainer, configuration)));
            return ExitStatus.FAULT;
        } finally {
            if (trainer.imagesSkipped() > 0) {
                System.err.printf("%d images were left out%n", trainer.imagesSkipped());
            }
            interrupt.close();
        }
        return finished ? 0 : ExitStatus.INTERRUPTED;
    }

    /** Saves a training whose folder was lost beside it, and says where. */
    private String rescue(Trainer<?> trainer, String configuration) {
        Path lost = run.path().toAbsolutePath().normalize();
        Path place = lost.resolveSibling(lost.getFileName() + "-saved");
        for (int i = 2; Files.exists(place); i++) {
            place = lost.resolveSibling(lost.getFileName() + "-saved-" + i);
        }
        try (RunLock lock = RunDirectory.create(place).lock()) {
            long steps = trainer.saveInto(lock.run());
            describe(lock.run(), configuration);
            return "the training of "
                    + steps
                    + " steps is saved; go on with --resume --output "
                    + ShellWords.of(List.of(place.toString()));
        } catch (IOException e) {
            return "the training could not be saved: " + e.getMessage();
        }
    }
}
