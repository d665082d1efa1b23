package dev.fern.detection.train;

/**
 * How far a training has come.
 *
 * @param epoch number of epochs that are finished
 * @param batch number of batches of the current epoch that are finished
 * @param step number of steps that were taken
 * @param bestScore best score so far; -1 before the first evaluation
 * @param evaluationsSinceBest number of evaluations since that of the best score
 */
public record Progress(
        int epoch, int batch, long step, double bestScore, int evaluationsSinceBest) {

    /** The progress of a training that has not begun. */
    public static final Progress START = new Progress(0, 0, 0, -1, 0);

    /**
     * Checks the numbers.
     *
     * @param epoch at least 0
     * @param batch at least 0
     * @param step at least 0
     * @param bestScore any number
     * @param evaluationsSinceBest at least 0
     * @throws IllegalArgumentException if one is out of its range
     */
    public Progress {
        if (epoch < 0 || batch < 0 || step < 0 || evaluationsSinceBest < 0) {
            throw new IllegalArgumentException("a training's progress can't be negative");
        }
    }

    /**
     * {@return the progress after one more step}
     *
     * @param batches how many batches of the epoch are finished then
     */
    Progress afterStep(int batches) {
        return new Progress(epoch, batches, step + 1, bestScore, evaluationsSinceBest);
    }

    /** {@return the progress at the end of the current epoch} */
    Progress afterEpoch() {
        return new Progress(epoch + 1, 0, step, bestScore, evaluationsSinceBest);
    }

    /**
     * {@return the progress after an evaluation}
     *
     * @param score the score that it gave
     * @param best whether that is the best so far
     */
    Progress afterEvaluation(double score, boolean best) {
        return new Progress(
                epoch, batch, step, best ? score : bestScore, best ? 0 : evaluationsSinceBest + 1);
    }
}
