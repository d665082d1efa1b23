package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static dev.fern.backbone.norm.NormCase.TOLERANCE;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.norm.MomentReference.Gradients;
import dev.fern.backbone.norm.MomentReference.Moments;
import dev.fern.backbone.norm.NormCase.Reference;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("engine")
class BatchNormalizationTest {

    private static final double EPSILON = 1e-5;

    @Property(tries = 60)
    void forwardAndAllGradientsInTrainingMatchTheReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 7) int height,
            @ForAll @IntRange(min = 1, max = 7) int width,
            @ForAll boolean addsShortcut,
            @ForAll Activation activation) {
        NormCase drawn =
                NormCase.random(seed, images, channels, height, width, addsShortcut, activation);
        drawn.assertMatches(
                new BatchNormalization(activation), Reference.of(drawn.ofChannels(EPSILON)));
    }

    /** Computes results and gradients with given moments. */
    private static Reference fixed(MomentReference reference, Moments moments) {
        return new Reference() {
            @Override
            public double[] forward(double[] x, double[] gamma, double[] beta) {
                return reference.forward(x, gamma, beta, moments, null);
            }

            @Override
            public Gradients backward(double[] x, double[] gamma, double[] dy) {
                return reference.backwardFixed(x, gamma, dy, moments, null);
            }
        };
    }

    /** Returns moments that float32 holds exactly. */
    private static Moments someMoments(int channels) {
        Moments moments = new Moments(new double[channels], new double[channels]);
        for (int c = 0; c < channels; c++) {
            moments.means()[c] = 0.25 * c - 0.5;
            moments.variances()[c] = 0.125 + 0.5 * c;
        }
        return moments;
    }

    private static void setMoments(Block block, Moments moments) {
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            if (name.endsWith("runningMean")) {
                                parameter.getArray().set(narrow(moments.means()));
                            } else if (name.endsWith("runningVar")) {
                                parameter.getArray().set(narrow(moments.variances()));
                            }
                        });
    }

    @Property(tries = 25)
    void withFrozenStatisticsForwardAndAllGradientsMatchTheReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 6) int side,
            @ForAll boolean withoutEpsilon,
            @ForAll boolean addsShortcut,
            @ForAll Activation activation) {
        NormCase drawn =
                NormCase.random(seed, images, channels, side, side, addsShortcut, activation);
        Moments moments = someMoments(channels);
        double epsilon = withoutEpsilon ? 0 : EPSILON;
        Block block = drawn.block(new FrozenBatchNormalization(epsilon, activation));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            setMoments(block, moments);
            drawn.assertMatches(manager, block, fixed(drawn.ofChannels(epsilon), moments));
            NamedParameters.of(block)
                    .forEach(
                            (name, parameter) ->
                                    assertThat(parameter.requiresGradient())
                                            .isEqualTo(name.equals("tau")));
            assertMoments(block, moments, 0);
        }
    }

    @Property(tries = 20)
    void inferenceIsByTheRunningAveragesAndLeavesThemAlone(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 6) int side,
            @ForAll Activation activation) {
        NormCase drawn = NormCase.random(seed, images, channels, side, side, false, activation);
        Moments moments = someMoments(channels);
        Block block = drawn.block(new BatchNormalization(activation));
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            setMoments(block, moments);
            drawn.assertMatches(
                    manager,
                    block,
                    (parameters, list) -> block.forward(parameters, list, false),
                    fixed(drawn.ofChannels(EPSILON), moments));
            assertMoments(block, moments, 0);
        }
    }

    private static void assertMoments(Block block, Moments moments, double tolerance) {
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            float[] stored = parameter.getArray().toFloatArray();
                            if (name.endsWith("runningMean")) {
                                assertClose(name, stored, moments.means(), tolerance);
                            } else if (name.endsWith("runningVar")) {
                                assertClose(name, stored, moments.variances(), tolerance);
                            }
                        });
    }

    /** The terms of dx cancel but for epsilon's share. */
    @Property(tries = 60)
    void groupsOfTwoValuesMatchTheReference(@ForAll long seed) {
        NormCase drawn = NormCase.random(seed, 1, 1, 1, 2);
        drawn.assertMatches(new BatchNormalization(), Reference.of(drawn.ofChannels(EPSILON)));
    }

    @Property(tries = 25)
    void theFusedAndTheOperatorVersionAreEqual(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 4) int channels,
            @ForAll @IntRange(min = 3, max = 12) int height,
            @ForAll @IntRange(min = 3, max = 12) int width,
            @ForAll boolean addsShortcut,
            @ForAll boolean thresholded) {
        Activation activation = thresholded ? Activation.TLU : Activation.RELU;
        NormCase drawn =
                NormCase.random(seed, images, channels, height, width, addsShortcut, activation);
        MomentReference reference = drawn.ofChannels(EPSILON);
        drawn.assertFusedEqualsOperators(
                new BatchNormalization(activation), Reference.of(reference));
        Moments initial = new Moments(new double[channels], new double[channels]);
        Arrays.fill(initial.variances(), 1);
        drawn.assertFusedEqualsOperators(
                new FrozenBatchNormalization(EPSILON, activation), fixed(reference, initial));
    }

    /**
     * torch.nn.BatchNorm2d adds a tenth of the batch's mean and of its variance with the divisor N
     * - 1.
     */
    @Example
    void runningAveragesMoveByATenthOnEitherWay() {
        NormCase drawn = NormCase.random(3, 2, 3, 4, 5, false, Activation.RELU);
        Moments moments = drawn.ofChannels(EPSILON).moments(widen(drawn.x()));
        for (int c = 0; c < 3; c++) {
            moments.means()[c] *= 0.1;
            moments.variances()[c] = 0.9 + 0.1 * moments.variances()[c] * 40 / 39;
        }
        for (boolean fused : new boolean[] {true, false}) {
            MomentNormBlock.Activated block =
                    (MomentNormBlock.Activated) drawn.block(new BatchNormalization());
            try (NDManager manager = NDManager.newBaseManager()) {
                drawn.prepare(manager, block);
                drawn.run(manager, block, fused);
                assertMoments(block, moments, 1e-6);
            }
        }
    }

    @Example
    void aBatchThatOverflowsDoesNotSpoilTheRunningAverages() {
        NormCase drawn = NormCase.random(5, 2, 2, 3, 3);
        Moments moments = drawn.ofChannels(EPSILON).moments(widen(drawn.x()));
        drawn.x()[0] = Float.POSITIVE_INFINITY;
        Block block = new BatchNormalization().norm(2);
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            drawn.run(manager, block);
            double[] means = {0, 0.1 * moments.means()[1]};
            double[] variances = {1, 0.9 + 0.1 * moments.variances()[1] * 18 / 17};
            assertMoments(block, new Moments(means, variances), TOLERANCE);
        }
    }

    @Example
    void oneValueAChannelGivesBetaAndSaysNothingOfTheVariance() {
        NormCase drawn = NormCase.random(4, 1, 3, 1, 1);
        Block block = new BatchNormalization().norm(3);
        try (NDManager manager = NDManager.newBaseManager()) {
            drawn.prepare(manager, block);
            BlockPass pass = drawn.run(manager, block);
            assertThat(pass.outputs().get(0).data()).isEqualTo(drawn.beta());
            assertThat(pass.inputGradients().get(0)).containsOnly(0);
            double[] means = widen(drawn.x());
            for (int c = 0; c < 3; c++) {
                means[c] *= 0.1;
            }
            assertMoments(block, new Moments(means, new double[] {1, 1, 1}), TOLERANCE);
        }
    }

    @Example
    void mapsThatAreSplitAmongThreadsAndFarFromZeroMatchTheReference() {
        NormCase drawn = NormCase.random(12, 2, 5, 80, 61, true, Activation.RELU);
        for (int i = 0; i < drawn.x().length; i++) {
            drawn.x()[i] += 1000;
        }
        drawn.assertMatches(new BatchNormalization(), Reference.of(drawn.ofChannels(EPSILON)));
    }

    @Example
    void anImagesResultDependsOnItsBatch() {
        NormCase pair = NormCase.random(9, 2, 4, 3, 3);
        Tensor second = new Tensor(new long[] {1, 4, 3, 3}, Arrays.copyOfRange(pair.x(), 36, 72));
        Block block = new BatchNormalization().norm(4);
        try (NDManager manager = NDManager.newBaseManager()) {
            pair.prepare(manager, block);
            float[] together = trained(manager, block, pair.inputs().get(0));
            float[] alone = trained(manager, block, second);
            double difference = 0;
            for (int i = 0; i < 36; i++) {
                difference = Math.max(difference, Math.abs(together[36 + i] - alone[i]));
            }
            assertThat(difference).isGreaterThan(1e-2);
        }
    }

    private static float[] trained(NDManager manager, Block block, Tensor x) {
        return BlockPass.of(manager, block, List.of(x), List.of(new float[x.data().length]))
                .outputs()
                .get(0)
                .data();
    }

    /** Model files that were written before use these names. */
    @Example
    void parametersKeepTheirNames() {
        for (Normalization normalization :
                List.of(new BatchNormalization(), new FrozenBatchNormalization(EPSILON))) {
            assertThat(NamedParameters.of(normalization.norm(3)))
                    .containsOnlyKeys("gamma", "beta", "runningMean", "runningVar");
            assertThat(NamedParameters.of(normalization.normAddActivation(3)))
                    .containsOnlyKeys(
                            "norm.gamma", "norm.beta", "norm.runningMean", "norm.runningVar");
        }
    }

    private static float[] narrow(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }
}
