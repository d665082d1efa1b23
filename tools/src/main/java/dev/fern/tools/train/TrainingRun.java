package dev.fern.tools.train;

import ai.djl.Device;
import dev.fern.detection.RunStart;
import dev.fern.detection.Training;
import dev.fern.detection.TrainingBuilder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * The training of a detector as a command carries it out: with progress on standard error, an
 * evaluation after epochs, and a checkpoint when the process is interrupted.
 *
 * @param configuration the settings
 * @param train the training images
 * @param val the validation images, if there are any
 * @param run the folder of the run
 * @param loading how images are read ahead
 * @param pause part of its steps after which the training pauses; 1 for none
 * @param logEvery number of steps from one log line to the next where there is no terminal; 0 for
 *     one line every ten seconds
 */
public record TrainingRun(
        TrainingConfiguration configuration,
        LabelledImages train,
        Optional<LabelledImages> val,
        RunDirectory run,
        LoaderOptions loading,
        double pause,
        int logEvery) {

    /**
     * Trains the detector.
     *
     * @param start from the beginning or from the last checkpoint
     * @param arguments of {@code fern}, for the record
     * @param more sets what the configuration does not hold
     * @return the exit status of the process
     * @throws IOException if a file can't be used, or if settings or data are not those of the run
     *     that is to be resumed
     * @throws InterruptedException if the thread is interrupted meanwhile
     * @throws BadInputException if the engine or its devices are not available
     */
    public int execute(RunStart start, List<String> arguments, Consumer<TrainingBuilder> more)
            throws IOException, InterruptedException, BadInputException {
        Machine.require(configuration.machine(), configuration::deviceList);
        TrainingProgress progress =
                new TrainingProgress(
                        System.err,
                        logEvery,
                        List.of("AP", "AP50", "AP75"),
                        total ->
                                ScheduleAdvice.of(
                                        configuration.optimization(), configuration.loop(), total));
        CommandEnd end = new CommandEnd(run, configuration.loop().patience());
        AtomicReference<Training> training = new AtomicReference<>();
        TrainingBuilder builder =
                Training.builder(run.path())
                        .configuration(configuration)
                        .data(train)
                        .loading(loading)
                        .start(start)
                        .pauseAfter(pause)
                        .listener(progress)
                        .companion(
                                lock -> {
                                    end.stopsOnInterrupt(training.get()::requestStop);
                                    return new RunFiles(
                                            lock,
                                            new RunFiles.Origin(
                                                    configuration,
                                                    train,
                                                    val,
                                                    loading.skipBadImages(),
                                                    arguments));
                                });
        val.ifPresent(builder::validation);
        more.accept(builder);
        training.set(builder.build());
        return end.status(
                () -> {
                    try (progress) {
                        return training.get().run();
                    }
                },
                training.get()::imagesSkipped);
    }

    /**
     * {@return the devices that the training runs on}
     *
     * @throws BadInputException if the engine or its devices are not available
     */
    List<Device> devices() throws BadInputException {
        Machine.require(configuration.machine(), configuration::deviceList);
        return configuration.deviceList();
    }
}
