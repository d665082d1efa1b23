package dev.fern.detection.train;

/**
 * How far a training has come.
 *
 * @param epoch epochs that are finished
 * @param batch batches of the current epoch that are finished
 * @param step steps taken
 * @param bestScore best score so far, -1 before the first evaluation
 * @param evaluationsSinceBest evaluations since that of the best score
 */
public record Progress(
        int epoch, int batch, long step, double bestScore, int evaluationsSinceBest) {

    /** The beginning. */
    public static final Progress START = new Progress(0, 0, 0, -1, 0);

    /** Checks that nothing is negative but the score. */
    public Progress {
        if (epoch < 0 || batch < 0 || step < 0 || evaluationsSinceBest < 0) {
            throw new IllegalArgumentException("a training's progress is not negative");
        }
    }

    /** Returns what is reached by another step. */
    Progress afterStep(int batches) {
        return new Progress(epoch, batches, step + 1, bestScore, evaluationsSinceBest);
    }

    /** Returns what is reached at the end of the epoch. */
    Progress afterEpoch() {
        return new Progress(epoch + 1, 0, step, bestScore, evaluationsSinceBest);
    }

    /**
     * Returns what is reached by an evaluation.
     *
     * @param best whether the score is the best so far
     */
    Progress afterEvaluation(double score, boolean best) {
        return new Progress(
                epoch, batch, step, best ? score : bestScore, best ? 0 : evaluationsSinceBest + 1);
    }
}
