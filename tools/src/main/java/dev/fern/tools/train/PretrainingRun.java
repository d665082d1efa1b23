package dev.fern.tools.train;

import dev.fern.detection.RunStart;
import dev.fern.detection.TrainingSession;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.LeftOutImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.pretrain.ClassificationDataset;
import dev.fern.detection.pretrain.ClassificationScores;
import dev.fern.detection.pretrain.ClassificationTask;
import dev.fern.detection.pretrain.Classifier;
import dev.fern.detection.pretrain.DatasetClassification;
import dev.fern.detection.pretrain.PretrainingConfiguration;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.worker.Followers;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The training of a classifier as a command carries it out: with progress on standard error, an
 * evaluation after epochs, and a checkpoint when the process is interrupted.
 *
 * @param configuration the settings
 * @param train the training images, whose classes are the labels
 * @param val the validation images, with the same labels
 * @param run the folder of the run
 * @param loading how images are read ahead
 * @param logEvery number of steps from one log line to the next where there is no terminal; 0 for
 *     one line every ten seconds
 */
record PretrainingRun(
        PretrainingConfiguration configuration,
        ClassificationDataset train,
        ClassificationDataset val,
        RunDirectory run,
        LoaderOptions loading,
        int logEvery) {

    /** Receives the scores of the best model. */
    @FunctionalInterface
    public interface Sink {
        void accept(ClassifierReport report) throws IOException;
    }

    /**
     * Trains the classifier and scores the best model.
     *
     * @param start from the beginning or from the last checkpoint
     * @param best receives the scores, unless the training was interrupted
     * @return the exit status of the process
     * @throws IOException if a file can't be used
     * @throws BadInputException if the engine or its devices are not available, or if settings or
     *     data are not those of the run that is to be resumed
     */
    int execute(RunStart start, Sink best)
            throws IOException, InterruptedException, BadInputException {
        Machine.require(configuration.machine(), configuration::deviceList);
        TrainingSession session =
                new TrainingSession(
                        run,
                        start,
                        new DataIdentity(train.identity(), val.identity()),
                        configuration.toJson());
        session.requireSame(
                settings -> configuration.changesFrom(PretrainingConfiguration.of(settings)));
        LeftOutImages leftOut = new LeftOutImages(line -> System.err.println(VisibleText.of(line)));
        describe(leftOut);
        try (Classifier classifier =
                TrainingSession.network(() -> configuration.newClassifier(train.classes()))) {
            // Only now, so that settings and data that can't be used leave no folder behind.
            return session.locked(
                    lock -> {
                        int status = train(session, lock, classifier, leftOut);
                        if (status == 0) {
                            lock.requireHeld();
                            report(best, leftOut);
                        }
                        return status;
                    });
        } catch (TrainingException e) {
            throw new IllegalStateException(e); // the command's end has dealt with it
        }
    }

    private void report(Sink best, LeftOutImages leftOut) throws IOException, InterruptedException {
        try (Classifier classifier =
                Classifier.load(
                        run.best(),
                        configuration.machine().engine(),
                        configuration.deviceList().get(0))) {
            best.accept(new ClassifierReport(run.best(), score(classifier, leftOut)));
        }
    }

    private int train(
            TrainingSession session, RunLock lock, Classifier classifier, LeftOutImages leftOut)
            throws IOException, InterruptedException {
        try (ClassificationTask task =
                        new ClassificationTask(
                                configuration,
                                classifier,
                                train,
                                trained -> score(trained, leftOut),
                                loading);
                TrainingProgress progress =
                        new TrainingProgress(
                                System.err,
                                logEvery,
                                List.of(
                                        ClassificationScores.TOP1,
                                        ClassificationScores.TOP5,
                                        ClassificationScores.LOSS),
                                total ->
                                        ScheduleAdvice.of(
                                                configuration.optimization(),
                                                configuration.loop(),
                                                total))) {
            Trainer<?> trainer =
                    session.trainer(
                            configuration.loop(),
                            configuration.optimization().rates(configuration.loop()),
                            task,
                            lock,
                            progress,
                            Followers.none());
            CommandEnd end = new CommandEnd(run, configuration.loop().patience());
            end.stopsOnInterrupt(trainer::requestStop);
            return end.status(() -> session.train(trainer), trainer::imagesSkipped);
        }
    }

    private ClassificationScores score(Classifier classifier, LeftOutImages leftOut)
            throws IOException, InterruptedException {
        List<BadImageException> bad = new ArrayList<>();
        ClassificationScores scores =
                DatasetClassification.run(
                        classifier,
                        val,
                        configuration.loop().batchSize(),
                        loading,
                        done -> {},
                        bad::add);
        leftOut.warn("validation images", bad);
        return scores;
    }

    private void describe(LeftOutImages leftOut) {
        System.err.printf(
                "training on %d images, validating on %d, %d classes%n",
                train.samples().size(), val.samples().size(), train.classes().size());
        warn("training", train, leftOut);
        if (!val.root().equals(train.root())) {
            warn("validation", val, leftOut);
        }
    }

    private static void warn(String part, ClassificationDataset images, LeftOutImages leftOut) {
        leftOut.warn(part + " images", images.badImages());
        if (!images.emptyClasses().isEmpty()) {
            System.err.printf(
                    "warning: %d sub-folders of %s hold no usable image and are left out, the"
                            + " first: %s%n",
                    images.emptyClasses().size(),
                    VisibleText.of(images.root()),
                    VisibleText.of(images.emptyClasses().get(0)));
        }
    }
}
