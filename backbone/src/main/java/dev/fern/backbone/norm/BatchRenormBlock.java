package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/**
 * Batch renormalisation (Ioffe, NeurIPS 2017, algorithm 1): standardises by the batch's moments and
 * corrects towards the running averages, within limits that widen while training goes on:
 *
 * <pre>
 * r = clip(sigma_B / sigma, 1 / r_max, r_max),  d = clip((mu_B - mu) / sigma, -d_max, d_max)
 * xhat = (x - mu_B) / sigma_B * r + d,  y = gamma * xhat + beta
 * </pre>
 *
 * with sigma_B = sqrt(var + eps). No gradient passes through r and d. The running averages mu and
 * sigma move by a hundredth of the difference a step; inference uses them alone. Input and output
 * [N, C, H, W].
 *
 * <p>A batch with one value a channel (N * H * W = 1) gives gamma * d + beta, passes no gradient to
 * x, and moves mu but not sigma, of which one value says nothing.
 */
final class BatchRenormBlock extends MomentNormBlock {

    private static final double EPSILON = 1e-5;

    /** The paper's alpha. */
    private static final double RATE = 0.01;

    private final RenormalizationSchedule schedule;
    private final Parameter runningMean;
    private final Parameter runningDeviation;

    /** Applications in training so far; stored, so that a training that is resumed goes on. */
    private final Parameter steps;

    BatchRenormBlock(int channels, RenormalizationSchedule schedule) {
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
