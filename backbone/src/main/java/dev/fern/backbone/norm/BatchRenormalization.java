package dev.fern.backbone.norm;

/**
 * Batch Renormalization (Ioffe, NeurIPS 2017): Batch Normalization that comes to use its running
 * averages already in training. Its limits follow the paper's schedule: plain Batch Normalization
 * for 5000 steps, then r_max rises from 1 to 3 at step 40,000 and d_max from 0 to 5 at step 25,000.
 * A step is an application of the layer in training: each of the batches that are accumulated for
 * one step of the optimiser counts, and each level of a pyramid that shares a head.
 *
 * @param steps length of the schedule; 40,000 in the paper. Another length squeezes it, so that it
 *     ends within a short training
 * @param activation what follows
 */
public record BatchRenormalization(int steps, Activation activation)
        implements MomentNormalization {

    /** The paper's length of the schedule. */
    public static final int DEFAULT_STEPS = RenormalizationSchedule.PAPER_STEPS;

    /** Checks that the schedule has a length. */
    public BatchRenormalization {
        if (steps < 1) {
            throw new IllegalArgumentException("a schedule has at least 1 step, not " + steps);
        }
    }

    @Override
    public String name() {
        return nameOf(steps == DEFAULT_STEPS ? "brn" : "brn" + steps);
    }

    @Override
    public boolean isBatchIndependent() {
        return false;
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new BatchRenormBlock(channels, RenormalizationSchedule.over(steps));
    }
}
