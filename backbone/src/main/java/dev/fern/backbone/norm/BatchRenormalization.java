package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.fern.backbone.moment.Standardization;
import dev.fern.backbone.norm.Standardizer.BatchMoments;
import dev.fern.backbone.norm.Standardizer.FixedMoments;

/**
 * Batch Renormalization (Ioffe, NeurIPS 2017): Batch Normalization that comes to use its running
 * averages already in training. Its limits follow the paper's schedule: plain Batch Normalization
 * for 5000 steps, then r_max rises from 1 to 3 at step 40,000 and d_max from 0 to 5 at step 25,000.
 * A step is an application of the layer in training: each of the batches that are accumulated for
 * one step of the optimiser counts, and each level of a pyramid that shares a head.
 *
 * @param steps length of the schedule, 1 or more; 40,000 in the paper. Another length stretches or
 *     squeezes the whole schedule, so that it can end within a short training
 * @param activation what follows the norm
 */
public record BatchRenormalization(int steps, Activation activation)
        implements MomentNormalization {

    /** The paper's length of the schedule. */
    public static final int DEFAULT_STEPS = Schedule.PAPER_STEPS;

    /**
     * Checks the length of the schedule.
     *
     * @param steps length of the schedule
     * @param activation what follows the norm
     * @throws IllegalArgumentException if there are fewer than 1
     */
    public BatchRenormalization {
        if (steps < 1) {
            throw new IllegalArgumentException(
                    "the schedule of batch renormalisation must have at least 1 step, not "
                            + steps);
        }
    }

    @Override
    public String id() {
        return nameOf(steps == DEFAULT_STEPS ? "brn" : "brn" + steps);
    }

    @Override
    public boolean isBatchIndependent() {
        return false;
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new Block(channels, Schedule.over(steps));
    }

    /**
     * Batch renormalisation (Ioffe, NeurIPS 2017, algorithm 1): standardises by the batch's moments
     * and corrects towards the running averages, within limits that widen while training goes on:
     *
     * <pre>
     * r = clip(sigma_B / sigma, 1 / r_max, r_max),  d = clip((mu_B - mu) / sigma, -d_max, d_max)
     * xhat = (x - mu_B) / sigma_B * r + d,  y = gamma * xhat + beta
     * </pre>
     *
     * with sigma_B = sqrt(var + eps). No gradient passes through r and d. Per step, the running
     * averages mu and sigma move by a hundredth of the difference; inference uses them alone. Input
     * and output [N, C, H, W].
     *
     * <p>A batch with one value per channel (N * H * W = 1) gives gamma * d + beta, passes no
     * gradient to x, and moves mu but not sigma, of which one value says nothing.
     */
    private static final class Block extends MomentNormBlock {

        private static final double EPSILON = 1e-5;

        /** The paper's alpha. */
        private static final double RATE = 0.01;

        private final Schedule schedule;
        private final Parameter runningMean;
        private final Parameter runningDeviation;

        /**
         * The number of applications in training so far; it is stored, so that a resumed training
         * goes on in the schedule.
         */
        private final Parameter steps;

        Block(int channels, Schedule schedule) {
            super(channels, true);
            this.schedule = schedule;
            runningMean = runningMean();
            runningDeviation = runningSpread("runningDeviation");
            steps = parameter("steps", Parameter.Type.OTHER, 1, Initializer.ZEROS, false);
        }

        @Override
        Standardizer standardizer(ParameterStore parameters, NDArray x, boolean training) {
            StoredStatistic mean = StoredStatistic.of(parameters, runningMean, x);
            StoredStatistic deviation = StoredStatistic.of(parameters, runningDeviation, x);
            double[] mu = mean.values();
            double[] sigma = deviation.values();
            if (!training) {
                double[] variances = new double[sigma.length];
                for (int c = 0; c < sigma.length; c++) {
                    variances[c] = sigma[c] * sigma[c];
                }
                return new FixedMoments(mu, variances, 0);
            }
            StoredStatistic counter = StoredStatistic.of(parameters, steps, x);
            double done = counter.values()[0];
            double maxScale = schedule.maxScale(done);
            double maxShift = schedule.maxShift(done);
            return new BatchMoments(EPSILON, channels(), x.size() / channels()) {
                @Override
                Standardization standardization(int c, double mean, double variance) {
                    double ofBatch = Math.sqrt(variance + EPSILON);
                    return new Standardization(
                            mean,
                            1 / ofBatch,
                            clip(ofBatch / sigma[c], 1 / maxScale, maxScale),
                            clip((mean - mu[c]) / sigma[c], -maxShift, maxShift));
                }

                @Override
                public void applied() {
                    mean.follow(means(), RATE);
                    if (haveVariance()) {
                        deviation.follow(deviations(), RATE);
                    }
                    counter.set(new double[] {done + 1});
                }
            };
        }

        private static double clip(double value, double min, double max) {
            return Math.max(min, Math.min(max, value));
        }
    }

    /**
     * How far Batch Renormalization may correct a batch's moments, by the training steps done: at
     * first not at all, then r_max rises linearly from 1 and d_max from 0 to their final values.
     *
     * @param plainSteps steps of plain Batch Normalization at the start
     * @param scaleSteps steps after which r_max is final
     * @param shiftSteps steps after which d_max is final
     * @param finalScale the final r_max, at least 1
     * @param finalShift the final d_max, at least 0
     */
    record Schedule(
            double plainSteps,
            double scaleSteps,
            double shiftSteps,
            double finalScale,
            double finalShift) {

        /** Steps of the paper's schedule. */
        static final int PAPER_STEPS = 40_000;

        /**
         * The paper's schedule (section 4.1: Batch Normalization for 5000 steps, r_max = 3 at
         * 40,000, d_max = 5 at 25,000) squeezed into another number of steps.
         *
         * @param steps after how many it is over; {@value #PAPER_STEPS} in the paper
         */
        static Schedule over(int steps) {
            return new Schedule(steps / 8.0, steps, steps / 1.6, 3, 5);
        }

        /** {@return r_max after a number of steps} */
        double maxScale(double steps) {
            return 1 + (finalScale - 1) * part(steps, scaleSteps);
        }

        /** {@return d_max after a number of steps} */
        double maxShift(double steps) {
            return finalShift * part(steps, shiftSteps);
        }

        private double part(double steps, double end) {
            return Math.min(1, Math.max(0, (steps - plainSteps) / (end - plainSteps)));
        }
    }
}
