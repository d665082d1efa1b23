package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.norm.MomentReference.Correction;
import dev.fern.backbone.norm.MomentReference.Gradients;
import dev.fern.backbone.norm.MomentReference.Moments;
import dev.fern.backbone.norm.NormCase.Reference;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("engine")
class BatchRenormalizationTest {

    private static final double EPSILON = 1e-5;

    /**
     * The mu and sigma of each channel before the step, exact in float32; the batch's lie around
     * them.
     */
    private static final double[] MU = {0.75, -2, 0.5, 8, 0};

    private static final double[] SIGMA = {1.5, 0.25, 8, 1, 0.5};

    /** Computes algorithm 1 of the paper, with r_max and d_max given. */
    private static final class Algorithm implements Reference {

        private final MomentReference reference;
        private final double maxScale;
        private final double maxShift;

        Algorithm(NormCase drawn, double maxScale, double maxShift) {
            this.reference = drawn.ofChannels(EPSILON);
            this.maxScale = maxScale;
            this.maxShift = maxShift;
        }

        private Correction correction(double[] x) {
            Moments batch = reference.moments(x);
            int channels = reference.channels();
            Correction correction = new Correction(new double[channels], new double[channels]);
            for (int c = 0; c < channels; c++) {
                double r = Math.sqrt(batch.variances()[c] + EPSILON) / SIGMA[c];
                double d = (batch.means()[c] - MU[c]) / SIGMA[c];
                correction.r()[c] = r > maxScale ? maxScale : r < 1 / maxScale ? 1 / maxScale : r;
                correction.d()[c] = d > maxShift ? maxShift : d < -maxShift ? -maxShift : d;
            }
            return correction;
        }

        @Override
        public double[] forward(double[] x, double[] gamma, double[] beta) {
            return reference.forward(x, gamma, beta, reference.moments(x), correction(x));
        }

        @Override
        public Gradients backward(double[] x, double[] gamma, double[] dy) {
            return reference.backward(x, gamma, dy, correction(x));
        }
    }

    private static void setState(Block block, int steps) {
        Map<String, Tensor> state = ParameterValues.copyOf(block);
        state.forEach(
                (name, value) -> {
                    for (int c = 0; c < value.data().length; c++) {
                        if (name.endsWith("runningMean")) {
                            value.data()[c] = (float) MU[c];
                        } else if (name.endsWith("runningDeviation")) {
                            value.data()[c] = (float) SIGMA[c];
                        } else if (name.endsWith("steps")) {
                            value.data()[c] = steps;
                        }
                    }
                });
        ParameterValues.assign(block, state);
    }

    @Property(tries = 50)
    void forwardAndAllGradientsMatchTheAlgorithmAtEveryPointOfTheSchedule(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 6) int height,
            @ForAll @IntRange(min = 1, max = 6) int width,
            @ForAll boolean addsShortcut,
            @ForAll Activation activation,
            @ForAll @IntRange(min = 0, max = 4) int point) {
        NormCase drawn =
                NormCase.random(seed, images, channels, height, width, addsShortcut, activation);
        // the schedule of 800 steps is plain until 100, with d_max = 5 at 500 and r_max = 3 at 800
        int steps = new int[] {0, 100, 300, 450, 1000}[point];
        double maxScale = new double[] {1, 1, 1 + 4.0 / 7, 2, 3}[point];
        double maxShift = new double[] {0, 0, 2.5, 4.375, 5}[point];
        Block block = drawn.block(new BatchRenormalization(800, activation));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            setState(block, steps);
            drawn.assertMatches(manager, block, new Algorithm(drawn, maxScale, maxShift));
        }
    }

    @Property(tries = 20)
    void theFusedAndTheOperatorVersionAreEqual(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 4) int channels,
            @ForAll @IntRange(min = 3, max = 9) int side) {
        NormCase drawn = NormCase.random(seed, images, channels, side, side, true, Activation.RELU);
        drawn.assertFusedEqualsOperators(
                new BatchRenormalization(1, Activation.RELU),
                new Algorithm(drawn, 3, 5), // the limits at the end of the schedule
                block -> setState(block, 100));
    }

    @Example
    void inferenceIsByTheRunningAveragesAloneWhateverTheStep() {
        NormCase drawn = NormCase.random(2, 2, 5, 4, 3);
        double[] variances = new double[5];
        for (int c = 0; c < 5; c++) {
            variances[c] = SIGMA[c] * SIGMA[c];
        }
        double[] expected =
                MomentReference.ofChannels(2, 5, 12, 0)
                        .forward(
                                widen(drawn.x()),
                                widen(drawn.gamma()),
                                widen(drawn.beta()),
                                new Moments(MU, variances),
                                null);
        Block block = drawn.block(Normalization.parse("brn"));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            for (int steps : new int[] {0, 20_000, 50_000}) {
                setState(block, steps);
                Map<String, Tensor> before = ParameterValues.copyOf(block);
                assertClose(
                        "y",
                        BlockPass.infer(manager, block, drawn.inputs()).get(0).data(),
                        expected,
                        NormCase.TOLERANCE);
                assertSame(ParameterValues.copyOf(block), before);
            }
        }
    }

    @Example
    void runningAveragesMoveByAHundredthAndStepsAreCounted() {
        NormCase drawn = NormCase.random(3, 2, 5, 4, 5);
        Moments batch = drawn.ofChannels(EPSILON).moments(widen(drawn.x()));
        double[] mu = new double[5];
        double[] sigma = new double[5];
        for (int c = 0; c < 5; c++) {
            mu[c] = MU[c] + 0.01 * (batch.means()[c] - MU[c]);
            sigma[c] = SIGMA[c] + 0.01 * (Math.sqrt(batch.variances()[c] + EPSILON) - SIGMA[c]);
        }
        Block block = drawn.block(Normalization.parse("brn"));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            setState(block, 7);
            drawn.run(manager, block);
            Map<String, Tensor> state = ParameterValues.copyOf(block);
            assertClose("mu", state.get("runningMean").data(), mu, 1e-6);
            assertClose("sigma", state.get("runningDeviation").data(), sigma, 1e-6);
            assertThat(state.get("steps").data()).containsExactly(8);
        }
    }

    @Example
    void storedParametersGoOnAsIfNothingHadHappened() {
        Block block = new BatchRenormalization(8, Activation.RELU).normActivation(5);
        Block other = new BatchRenormalization(8, Activation.RELU).normActivation(5);
        try (NDManager manager = NDManager.newBaseManager()) {
            for (int step = 0; step < 6; step++) {
                NormCase drawn = NormCase.random(step, 2, 5, 4, 5, false, Activation.RELU);
                if (step == 0) {
                    drawn.prepare(manager, block);
                    drawn.prepare(manager, other);
                }
                if (step == 3) {
                    ParameterValues.assign(other, ParameterValues.copyOf(block));
                }
                BlockPass pass = drawn.run(manager, block);
                if (step >= 3) {
                    BlockPass resumed = drawn.run(manager, other);
                    assertThat(resumed.outputs().get(0).data())
                            .isEqualTo(pass.outputs().get(0).data());
                    assertThat(resumed.inputGradients().get(0))
                            .isEqualTo(pass.inputGradients().get(0));
                }
            }
            assertSame(ParameterValues.copyOf(other), ParameterValues.copyOf(block));
        }
    }

    private static void assertSame(Map<String, Tensor> values, Map<String, Tensor> expected) {
        assertThat(values).hasSameSizeAs(expected);
        expected.forEach(
                (name, value) ->
                        assertThat(values.get(name).data()).as(name).isEqualTo(value.data()));
    }

    @Example
    void oneValueAChannelMovesTheMeanAlone() {
        NormCase drawn = NormCase.random(4, 1, 5, 1, 1);
        Block block = drawn.block(Normalization.parse("brn"));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            BlockPass pass = drawn.run(manager, block);
            assertThat(pass.outputs().get(0).data()).isEqualTo(drawn.beta());
            assertThat(pass.inputGradients().get(0)).containsOnly(0);
            Map<String, Tensor> state = ParameterValues.copyOf(block);
            assertThat(state.get("runningDeviation").data()).containsOnly(1);
            double[] means = widen(drawn.x());
            for (int c = 0; c < 5; c++) {
                means[c] *= 0.01;
            }
            assertClose("mu", state.get("runningMean").data(), means, 1e-6);
        }
    }

    /**
     * Section 4.1 says: r_max = 1 and d_max = 0 for 5000 steps, r_max = 3 at 40k, d_max = 5 at 25k.
     */
    @Example
    void theScheduleIsThePapers() {
        BatchRenormalization.Schedule schedule = BatchRenormalization.Schedule.over(40_000);
        double[][] points = {
            {0, 1, 0},
            {5_000, 1, 0},
            {12_000, 1.4, 1.75},
            {25_000, 1 + 8.0 / 7, 5},
            {40_000, 3, 5},
            {1_000_000, 3, 5}
        };
        for (double[] point : points) {
            assertThat(schedule.maxScale(point[0])).isCloseTo(point[1], within(1e-12));
            assertThat(schedule.maxShift(point[0])).isCloseTo(point[2], within(1e-12));
        }
        assertThat(Normalization.parse("brn"))
                .isEqualTo(new BatchRenormalization(40_000, Activation.RELU));
        assertThatThrownBy(() -> new BatchRenormalization(0, Activation.RELU))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
    }
}
