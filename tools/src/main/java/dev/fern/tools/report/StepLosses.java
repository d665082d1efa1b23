package dev.fern.tools.report;

/**
 * The losses of one training step.
 *
 * @param step counted from 1 over the whole run
 * @param classification focal loss
 * @param box box regression loss
 */
public record StepLosses(long step, double classification, double box) {

    /** The sum of the parts. */
    public double total() {
        return classification + box;
    }
}
