package dev.fern.tools.train;

import dev.fern.detection.TrainingResult;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLostException;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.ShellWords;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * How a command ends that trains. It waits for the checkpoint where the process is told to end, and
 * says on standard error how the training ended.
 */
final class CommandEnd {

    private final RunDirectory run;
    private final int patience;
    private OnInterrupt interrupt;

    /** A training. */
    @FunctionalInterface
    interface Work {
        TrainingResult run() throws IOException, InterruptedException, TrainingException;
    }

    /**
     * Prepares for the end.
     *
     * @param run the folder of the run
     * @param patience number of evaluations without a better score after which the training ends
     */
    CommandEnd(RunDirectory run, int patience) {
        this.run = run;
        this.patience = patience;
    }

    /**
     * Lets the training stop in order, from now on, when the process is told to end.
     *
     * @param stop asks the training to stop
     */
    void stopsOnInterrupt(Runnable stop) {
        interrupt = new OnInterrupt(stop);
    }

    /**
     * Trains.
     *
     * @param training calls {@link #stopsOnInterrupt} before its first step
     * @param skipped how many images were left out
     * @return the exit status of the process
     */
    int status(Work training, IntSupplier skipped) throws IOException, InterruptedException {
        try {
            TrainingResult result = training.run();
            if (result.lostPatience()) {
                System.err.printf("ended early: no better score in %d evaluations%n", patience);
            }
            if (!result.finished()) {
                System.err.println("checkpoint: " + run.last() + " (go on with --resume)");
            }
            return result.finished() || result.paused() ? 0 : ExitStatus.INTERRUPTED;
        } catch (TrainingException | LostWorkerException e) {
            return fault(e.getMessage());
        } catch (RunLostException e) {
            return fault(
                    e.getMessage()
                            + e.place()
                                    .map(
                                            place ->
                                                    "; go on with --resume --output "
                                                            + ShellWords.of(
                                                                    List.of(place.toString())))
                                    .orElse(""));
        } finally {
            if (skipped.getAsInt() > 0) {
                System.err.printf("%d images were left out%n", skipped.getAsInt());
            }
            if (interrupt != null) {
                interrupt.close();
            }
        }
    }

    private static int fault(String message) {
        Messages.errors().println("fern: " + VisibleText.of(message));
        return ExitStatus.FAULT;
    }
}
