package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static dev.fern.backbone.norm.NormCase.TOLERANCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.NumericalGradient;
import dev.fern.backbone.norm.MomentReference.Gradients;
import dev.fern.backbone.norm.NormCase.Reference;
import dev.fern.backbone.parameter.Tensor;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("engine")
class GroupNormalizationTest {

    private static final double EPSILON = 1e-5;

    @Property(tries = 60)
    void forwardAndAllGradientsMatchTheReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 3) int groups,
            @ForAll @IntRange(min = 1, max = 3) int channelsPerGroup,
            @ForAll @IntRange(min = 1, max = 7) int height,
            @ForAll @IntRange(min = 1, max = 7) int width,
            @ForAll boolean addsShortcut,
            @ForAll Activation activation) {
        NormCase drawn =
                NormCase.random(
                        seed,
                        images,
                        groups * channelsPerGroup,
                        height,
                        width,
                        addsShortcut,
                        activation);
        drawn.assertMatches(
                new GroupNormalization(groups, activation),
                Reference.of(drawn.ofGroups(EPSILON, groups)));
    }

    @Property(tries = 20)
    void instanceNormalizationHasAGroupAChannelAndLayerNormalizationOne(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 2) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 5) int height,
            @ForAll @IntRange(min = 1, max = 5) int width) {
        NormCase drawn =
                NormCase.random(seed, images, channels, height, width, true, Activation.RELU);
        drawn.assertMatches(
                Normalization.parse("in"), Reference.of(drawn.ofGroups(EPSILON, channels)));
        drawn.assertMatches(Normalization.parse("ln"), Reference.of(drawn.ofGroups(EPSILON, 1)));
    }

    @Example
    void mapsThatAreSplitAmongThreadsMatchTheReference() {
        NormCase drawn = NormCase.random(12, 2, 6, 80, 61, true, Activation.TLU);
        for (int i = 0; i < drawn.x().length; i++) {
            drawn.x()[i] += 1000;
        }
        for (int groups : new int[] {1, 3, 6}) {
            drawn.assertMatches(
                    new GroupNormalization(groups, Activation.TLU),
                    Reference.of(drawn.ofGroups(EPSILON, groups)));
        }
    }

    /** The terms of dx cancel but for epsilon's share. */
    @Property(tries = 60)
    void groupsOfTwoValuesMatchTheReference(@ForAll long seed) {
        NormCase drawn = NormCase.random(seed, 1, 1, 1, 2);
        drawn.assertMatches(Normalization.parse("ln"), Reference.of(drawn.ofGroups(EPSILON, 1)));
    }

    @Property(tries = 25)
    void theFusedAndTheOperatorVersionAreEqual(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 3) int groups,
            @ForAll @IntRange(min = 1, max = 3) int channelsPerGroup,
            @ForAll @IntRange(min = 3, max = 12) int height,
            @ForAll @IntRange(min = 3, max = 12) int width,
            @ForAll boolean addsShortcut,
            @ForAll boolean thresholded) {
        Activation activation = thresholded ? Activation.TLU : Activation.RELU;
        NormCase drawn =
                NormCase.random(
                        seed,
                        images,
                        groups * channelsPerGroup,
                        height,
                        width,
                        addsShortcut,
                        activation);
        drawn.assertFusedEqualsOperators(
                new GroupNormalization(groups, activation),
                Reference.of(drawn.ofGroups(EPSILON, groups)));
    }

    @Property(tries = 20)
    void theReferencesGradientsAgreeWithFiniteDifferences(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 2) int images,
            @ForAll @IntRange(min = 1, max = 2) int groups,
            @ForAll @IntRange(min = 2, max = 4) int side) {
        NormCase drawn = NormCase.random(seed, images, 2 * groups, side, side);
        MomentReference reference = drawn.ofGroups(EPSILON, groups);
        double[] x = widen(drawn.x());
        double[] gamma = widen(drawn.gamma());
        double[] beta = widen(drawn.beta());
        float[] dy = drawn.outputGradient();
        Gradients gradients = reference.backward(x, gamma, widen(dy), null);
        assertNear(
                gradients.x(),
                NumericalGradient.of(
                        v -> NumericalGradient.dot(reference.forward(v, gamma, beta), dy), x));
        assertNear(
                gradients.gamma(),
                NumericalGradient.of(
                        v -> NumericalGradient.dot(reference.forward(x, v, beta), dy), gamma));
        assertNear(
                gradients.beta(),
                NumericalGradient.of(
                        v -> NumericalGradient.dot(reference.forward(x, gamma, v), dy), beta));
    }

    private static void assertNear(double[] gradient, double[] differences) {
        for (int i = 0; i < gradient.length; i++) {
            assertThat(Math.abs(gradient[i] - differences[i]))
                    .as("%s against %s", gradient[i], differences[i])
                    .isLessThan(1e-5 * Math.max(1, Math.abs(gradient[i])));
        }
    }

    @Example
    void groupsWithoutVarianceGiveBeta() {
        NormCase drawn = NormCase.random(11, 2, 3, 1, 1);
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = new GroupNormalization(3).norm(3);
            drawn.prepare(manager, block);
            BlockPass pass = drawn.run(manager, block);
            double[] beta = widen(drawn.beta());
            assertClose(
                    "y",
                    pass.outputs().get(0).data(),
                    new double[] {beta[0], beta[1], beta[2], beta[0], beta[1], beta[2]},
                    TOLERANCE);
            assertThat(pass.inputGradients().get(0)).containsOnly(0);
        }
    }

    @Example
    void inferenceGivesTheSameAsTraining() {
        NormCase drawn = NormCase.random(5, 2, 4, 5, 7, true, Activation.TLU);
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = drawn.block(new GroupNormalization(2, Activation.TLU));
            drawn.prepare(manager, block);
            float[] inferred = BlockPass.infer(manager, block, drawn.inputs()).get(0).data();
            BlockPass trained = drawn.run(manager, block);
            assertThat(inferred).isEqualTo(trained.outputs().get(0).data());
        }
    }

    @Example
    void anImagesResultDoesNotDependOnItsBatch() {
        NormCase pair = NormCase.random(9, 2, 4, 3, 3);
        Tensor second = new Tensor(new long[] {1, 4, 3, 3}, Arrays.copyOfRange(pair.x(), 36, 72));
        for (String name : List.of("gn2", "ln", "in")) {
            Block block = Normalization.parse(name).norm(4);
            try (NDManager manager = NDManager.newBaseManager()) {
                pair.prepare(manager, block);
                float[] together = BlockPass.infer(manager, block, pair.inputs()).get(0).data();
                assertThat(BlockPass.infer(manager, block, List.of(second)).get(0).data())
                        .isEqualTo(Arrays.copyOfRange(together, 36, 72));
            }
        }
    }

    @Example
    void groupsThatDoNotDivideTheChannelsAreRefused() {
        assertThatThrownBy(() -> new GroupNormalization(3).norm(8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 groups")
                .hasMessageContaining("8 channels");
        assertThatThrownBy(() -> new GroupNormalization(0).norm(8))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
