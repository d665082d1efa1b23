package dev.fern.backbone.norm;

/**
 * How far Batch Renormalization may correct a batch's moments, by the training steps done: at first
 * not at all, then r_max rises linearly from 1 and d_max from 0 to their final values.
 *
 * @param plainSteps steps of plain Batch Normalization at the start
 * @param scaleSteps steps after which r_max is final
 * @param shiftSteps steps after which d_max is final
 * @param finalScale the final r_max, at least 1
 * @param finalShift the final d_max, at least 0
 */
record RenormalizationSchedule(
        double plainSteps,
        double scaleSteps,
        double shiftSteps,
        double finalScale,
        double finalShift) {

    /** Steps of the paper's schedule. */
    static final int PAPER_STEPS = 40_000;

    /**
     * The paper's schedule (section 4.1: Batch Normalization for 5000 steps, r_max = 3 at 40,000,
     * d_max = 5 at 25,000) squeezed into another number of steps.
     *
     * @param steps after how many it is over; {@value #PAPER_STEPS} in the paper
     */
    static RenormalizationSchedule over(int steps) {
        return new RenormalizationSchedule(steps / 8.0, steps, steps / 1.6, 3, 5);
    }

    /** Returns r_max after a number of steps. */
    double maxScale(double steps) {
        return 1 + (finalScale - 1) * part(steps, scaleSteps);
    }

    /** Returns d_max after a number of steps. */
    double maxShift(double steps) {
        return finalShift * part(steps, shiftSteps);
    }

    private double part(double steps, double end) {
        return Math.min(1, Math.max(0, (steps - plainSteps) / (end - plainSteps)));
    }
}
