package dev.fern.detection.train;

import dev.fern.detection.recipe.LoopSettings;
import java.util.function.IntUnaryOperator;

/**
 * The steps of a training as they are planned, that is, with all its images. Each takes the next
 * {@code accumulate} batches of its epoch, the last of an epoch those that remain. Where images are
 * left out, the other batches stay in their steps, and a step without a batch is not taken. A
 * training by epochs therefore ends with its epochs, and its learning rate goes by the planned
 * steps; a training by steps goes by those that were taken, through as many epochs as they need.
 *
 * <p>It looks at epochs in their order: each call is about the epoch of the call before or a later
 * one.
 */
final class PlannedSteps {

    private final LoopSettings settings;
    private final IntUnaryOperator batches;
    private final long total;

    /** The current epoch, the planned steps before it, and its batches. */
    private int epoch;

    private long stepsBefore;
    private int batchesOfEpoch;

    /**
     * Plans a training.
     *
     * @param settings its length and how many batches make one step
     * @param batches the number of batches of an epoch, counted from 0, with all its images
     */
    PlannedSteps(LoopSettings settings, IntUnaryOperator batches) {
        this.settings = settings;
        this.batches = batches;
        long sum = settings.steps();
        if (sum == 0) {
            for (int i = 0; i < settings.epochs(); i++) {
                sum += steps(batches.applyAsInt(i));
            }
        }
        this.total = sum;
        this.batchesOfEpoch = batches.applyAsInt(0);
    }

    private long steps(int planned) {
        return (planned - 1L) / settings.accumulate() + 1; // rounded up
    }

    private boolean byEpochs() {
        return settings.steps() == 0;
    }

    /** {@return the length of the training in steps if no image is left out} */
    long total() {
        return total;
    }

    /** {@return whether two batches of one epoch, given by their indices, are of one step} */
    boolean isOneStep(int batch, int other) {
        return batch / settings.accumulate() == other / settings.accumulate();
    }

    /**
     * {@return how many steps of the schedule come before one, from 0}
     *
     * @param progress before the step
     * @param batch index in the current epoch of any of the step's batches
     */
    long before(Progress progress, int batch) {
        if (!byEpochs()) {
            return progress.step();
        }
        moveTo(progress.epoch());
        return stepsBefore + batch / settings.accumulate();
    }

    /** {@return how many steps are to come if no further image is left out} */
    long left(Progress progress) {
        if (!byEpochs()) {
            return Math.max(0, total - progress.step());
        }
        if (isThrough(progress)) {
            return 0;
        }
        moveTo(progress.epoch());
        long done =
                progress.batch() >= batchesOfEpoch
                        ? steps(batchesOfEpoch)
                        : progress.batch() / settings.accumulate();
        return total - stepsBefore - done;
    }

    /** {@return whether a training has come to its end, and its last epoch is finished} */
    boolean isThrough(Progress progress) {
        // Earlier builds went on beyond the last epoch if images were left out.
        return byEpochs()
                ? progress.epoch() >= settings.epochs()
                : progress.batch() == 0 && progress.step() >= total;
    }

    private void moveTo(int later) {
        while (epoch < later) {
            stepsBefore += steps(batchesOfEpoch);
            batchesOfEpoch = batches.applyAsInt(++epoch);
        }
    }
}
