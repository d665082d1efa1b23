package dev.fern.detection;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.RunLostException;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.train.TrainingTask;
import dev.fern.detection.worker.Followers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The part of one process in a run, of a detector or a classifier. It checks that the process may
 * go on with the run, and trains until the end or until the training is asked to stop.
 *
 * @param run the folder of the run
 * @param start from the beginning or from the last checkpoint
 * @param data what identifies the data
 * @param configuration every setting as a configuration file holds it
 */
public record TrainingSession(
        RunDirectory run, RunStart start, DataIdentity data, String configuration) {

    /**
     * Work that is done while no other process writes to the run.
     *
     * @param <T> what comes of it
     */
    @FunctionalInterface
    public interface Locked<T> {
        /**
         * Does the work.
         *
         * @param lock of the run's folder
         * @return what comes of it
         * @throws IOException if a file can't be used
         * @throws InterruptedException if the thread is interrupted meanwhile
         * @throws TrainingException if a training can't go on
         */
        T execute(RunLock lock) throws IOException, InterruptedException, TrainingException;
    }

    /**
     * Returns the network that settings describe.
     *
     * @param <N> its kind
     * @param network throws an IllegalArgumentException if no network can be made of the settings
     * @return the network
     * @throws TrainingRefusedException if no network can be made of the settings
     */
    public static <N> N network(Supplier<N> network) throws TrainingRefusedException {
        try {
            return network.get();
        } catch (IllegalArgumentException e) {
            throw new TrainingRefusedException(
                    "no network can be made of the settings: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that settings and data are those of the run, if it is resumed without force.
     *
     * @param changesFrom given the settings of the run's file, returns how the settings to resume
     *     with differ from them
     * @throws TrainingRefusedException naming what differs, or if it is unknown which data the run
     *     began with
     * @throws IOException if a file of the run is damaged
     */
    public void requireSame(Function<List<JsonObject>, List<String>> changesFrom)
            throws IOException {
        if (start == RunStart.RESUMED) {
            ResumeCheck.require(run, changesFrom, data);
        }
    }

    /**
     * Makes the run's folder and does some work while it keeps other processes out of it.
     *
     * @param <T> what comes of it
     * @param training the work
     * @return what comes of it
     * @throws IOException naming the folder if another process trains in it; and as the work does
     * @throws InterruptedException if the thread is interrupted meanwhile
     * @throws TrainingException if the training can't go on
     */
    public <T> T locked(Locked<T> training)
            throws IOException, InterruptedException, TrainingException {
        RunDirectory.create(run.path());
        try (RunLock lock = run.lock()) {
            return training.execute(lock);
        }
    }

    /**
     * Makes a trainer that begins where the run is to start, and records settings and data in the
     * run's folder.
     *
     * @param loop how the training goes through its images
     * @param rates the learning rate of each step
     * @param task what is trained
     * @param lock of the run's folder
     * @param listener is told how the training goes on, and of damaged checkpoints
     * @param followers the other workers of the training
     * @return the trainer
     * @throws IOException if no checkpoint is whole, or if the folder can't be written to
     */
    public Trainer<?> trainer(
            LoopSettings loop,
            LearningRateSchedule rates,
            TrainingTask<?> task,
            RunLock lock,
            TrainingListener listener,
            Followers followers)
            throws IOException {
        Trainer<?> trainer = new Trainer<>(loop, rates, task, lock, listener, followers);
        if (start != RunStart.FRESH) {
            trainer.resume(problem -> listener.note("warning: " + problem));
        }
        lock.requireHeld();
        describe(run);
        return trainer;
    }

    private void describe(RunDirectory folder) throws IOException {
        AtomicFile.write(folder.configuration(), configuration.getBytes(StandardCharsets.UTF_8));
        data.write(folder.data());
    }

    /**
     * Trains until the end or until the trainer is asked to stop. Where the run's folder is lost,
     * the training is saved in a new one beside it, see {@link RunLostException#place}.
     *
     * @param trainer made by this session
     * @return how it ended
     * @throws IOException as the trainer throws it
     * @throws RunLostException if the run's folder is lost; it says where the training is
     * @throws InterruptedException as the trainer throws it
     * @throws TrainingException as the trainer throws it
     */
    public TrainingResult train(Trainer<?> trainer)
            throws IOException, InterruptedException, TrainingException {
        try {
            boolean finished = trainer.train();
            return new TrainingResult(
                    run,
                    finished,
                    trainer.isPaused(),
                    finished && trainer.lostPatience(),
                    trainer.imagesSkipped());
        } catch (RunLostException e) {
            throw rescued(trainer, e);
        }
    }

    /** Saves a training whose folder was lost beside it. */
    private RunLostException rescued(Trainer<?> trainer, RunLostException problem) {
        Path lost = run.path().toAbsolutePath().normalize();
        Path place = lost.resolveSibling(lost.getFileName() + "-saved");
        for (int i = 2; Files.exists(place); i++) {
            place = lost.resolveSibling(lost.getFileName() + "-saved-" + i);
        }
        try (RunLock lock = RunDirectory.create(place).lock()) {
            long steps = trainer.saveInto(lock.run());
            describe(lock.run());
            return problem.saved(steps, place);
        } catch (IOException e) {
            return problem.unsaved(e);
        }
    }
}
