package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.NumericalGradient;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class NormalizationsTest {

    private static final double TOLERANCE = 1e-5;
    private static final double EPSILON = 1e-5;

    /** A normaliser's function of x, gamma and beta in float64. */
    @FunctionalInterface
    private interface Reference {
        double[] apply(double[] x, double[] gamma, double[] beta);
    }

    /** Random float32 values that go through a block of some shape. */
    private record Draw(
            long[] shape, float[] x, float[] gamma, float[] beta, float[] outputGradient) {

        static Draw of(long seed, int images, int channels, int height, int width) {
            SplittableRandom random = new SplittableRandom(seed);
            int size = images * channels * height * width;
            return new Draw(
                    new long[] {images, channels, height, width},
                    normal(random, size, 0.7, 1.5),
                    normal(random, channels, 1, 0.5),
                    normal(random, channels, 0, 1),
                    normal(random, size, 0, 1));
        }

        private static float[] normal(
                SplittableRandom random, int size, double mean, double deviation) {
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) random.nextGaussian(mean, deviation);
            }
            return values;
        }

        AffineNormalization reference(double epsilon) {
            return new AffineNormalization(
                    (int) shape[0], (int) shape[1], (int) (shape[2] * shape[3]), epsilon);
        }

        List<Tensor> inputs() {
            return List.of(new Tensor(shape, x));
        }

        Map<String, float[]> parameters() {
            return Map.of("gamma", gamma, "beta", beta);
        }

        /** Compares a block in training with its reference and that one's numerical gradients. */
        void assertMatches(Block block, Reference reference) {
            try (NDManager manager = NDManager.newBaseManager()) {
                BlockPass.prepare(manager, block, inputs(), parameters());
                BlockPass pass = BlockPass.of(manager, block, inputs(), List.of(outputGradient));
                double[] x64 = widen(x);
                double[] gamma64 = widen(gamma);
                double[] beta64 = widen(beta);
                assertClose(
                        "y",
                        pass.outputs().get(0).data(),
                        reference.apply(x64, gamma64, beta64),
                        TOLERANCE);
                assertClose(
                        "dx",
                        pass.inputGradients().get(0),
                        NumericalGradient.of(x -> loss(reference.apply(x, gamma64, beta64)), x64),
                        TOLERANCE);
                if (pass.parameterGradients().isEmpty()) {
                    return;
                }
                assertClose(
                        "dgamma",
                        pass.parameterGradients().get("gamma"),
                        NumericalGradient.of(
                                gamma -> loss(reference.apply(x64, gamma, beta64)), gamma64),
                        TOLERANCE,
                        1);
                assertClose(
                        "dbeta",
                        pass.parameterGradients().get("beta"),
                        NumericalGradient.of(
                                beta -> loss(reference.apply(x64, gamma64, beta)), beta64),
                        TOLERANCE,
                        1);
            }
        }

        private double loss(double[] y) {
            return NumericalGradient.dot(y, outputGradient);
        }
    }

    @Property(tries = 40)
    void batchNormalizationInTrainingMatchesItsReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 2, max = 6) int height,
            @ForAll @IntRange(min = 2, max = 6) int width) {
        Draw draw = Draw.of(seed, images, channels, height, width);
        AffineNormalization reference = draw.reference(EPSILON);
        draw.assertMatches(new BatchNormalization().norm(channels), reference::batch);
    }

    @Property(tries = 20)
    void frozenBatchNormalizationMatchesItsReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 6) int side,
            @ForAll boolean withoutEpsilon) {
        Draw draw = Draw.of(seed, images, channels, side, side);
        double[] means = new double[channels];
        double[] variances = new double[channels];
        for (int c = 0; c < channels; c++) {
            means[c] = 0.25 * c - 0.5;
            variances[c] = 0.125 + 0.5 * c;
        }
        float epsilon = withoutEpsilon ? 0 : 1e-5f;
        AffineNormalization reference = draw.reference(epsilon);
        Block block = new FrozenBatchNormalization(epsilon).norm(channels);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(
                    manager,
                    block,
                    draw.inputs(),
                    Map.of("runningMean", narrow(means), "runningVar", narrow(variances)));
            draw.assertMatches(
                    block, (x, gamma, beta) -> reference.fixed(x, means, variances, gamma, beta));
            assertThat(NamedParameters.of(block).values())
                    .noneMatch(parameter -> parameter.requiresGradient());
            assertThat(value(block, "runningMean")).isEqualTo(narrow(means));
            assertThat(value(block, "runningVar")).isEqualTo(narrow(variances));
        }
    }

    @Example
    void batchNormalizationKeepsNineTenthsOfItsRunningAveragesAndInfersByThem() {
        Draw draw = Draw.of(3, 2, 3, 4, 5);
        AffineNormalization reference = draw.reference(EPSILON);
        double[] x = widen(draw.x);
        double[] means = reference.means(x);
        double[] variances = reference.variances(x);
        for (int c = 0; c < 3; c++) {
            means[c] *= 0.1;
            variances[c] = 0.9 + 0.1 * variances[c];
        }
        Block block = new BatchNormalization().norm(3);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, block, draw.inputs(), draw.parameters());
            BlockPass.of(manager, block, draw.inputs(), List.of(draw.outputGradient));
            assertClose("mean", value(block, "runningMean"), means, TOLERANCE);
            assertClose("var", value(block, "runningVar"), variances, TOLERANCE);
            assertClose(
                    "y",
                    BlockPass.infer(manager, block, draw.inputs()).get(0).data(),
                    reference.fixed(x, means, variances, widen(draw.gamma), widen(draw.beta)),
                    TOLERANCE);
            assertClose("mean", value(block, "runningMean"), means, TOLERANCE);
        }
    }

    @Example
    void anImagesGroupNormalizationDoesNotDependOnItsBatchButItsBatchNormalizationDoes() {
        Draw pair = Draw.of(9, 2, 4, 3, 3);
        Tensor second = new Tensor(new long[] {1, 4, 3, 3}, Arrays.copyOfRange(pair.x, 36, 72));
        for (Normalization normalization :
                List.of(new GroupNormalization(2), new BatchNormalization())) {
            Block block = normalization.norm(4);
            try (NDManager manager = NDManager.newBaseManager()) {
                BlockPass.prepare(manager, block, pair.inputs(), pair.parameters());
                float[] together =
                        BlockPass.of(manager, block, pair.inputs(), List.of(new float[72]))
                                .outputs()
                                .get(0)
                                .data();
                float[] alone =
                        BlockPass.of(manager, block, List.of(second), List.of(new float[36]))
                                .outputs()
                                .get(0)
                                .data();
                double difference = 0;
                for (int i = 0; i < 36; i++) {
                    difference = Math.max(difference, Math.abs(together[36 + i] - alone[i]));
                }
                if (normalization instanceof GroupNormalization) {
                    assertThat(difference).isZero();
                } else {
                    assertThat(difference).isGreaterThan(1e-2);
                }
            }
        }
    }

    @Example
    void theActivationIsReluOfTheNormalisedInputPlusTheShortcut() {
        Draw draw = Draw.of(4, 2, 4, 3, 5);
        float[] shortcut = Draw.of(5, 2, 4, 3, 5).x;
        for (Normalization normalization :
                List.of(
                        new BatchNormalization(),
                        new FrozenBatchNormalization(1e-5f),
                        new GroupNormalization(2))) {
            try (NDManager manager = NDManager.newBaseManager()) {
                Block norm = normalization.norm(4);
                BlockPass.prepare(manager, norm, draw.inputs(), draw.parameters());
                BlockPass plain =
                        BlockPass.of(manager, norm, draw.inputs(), List.of(draw.outputGradient));
                assertRectified(manager, normalization.normActivation(4), draw, plain, null);
                assertRectified(manager, normalization.normAddActivation(4), draw, plain, shortcut);
            }
        }
    }

    private static void assertRectified(
            NDManager manager, Block block, Draw draw, BlockPass plain, float[] shortcut) {
        List<Tensor> inputs =
                shortcut == null
                        ? draw.inputs()
                        : List.of(new Tensor(draw.shape, draw.x), new Tensor(draw.shape, shortcut));
        BlockPass.prepare(
                manager, block, inputs, Map.of("norm.gamma", draw.gamma, "norm.beta", draw.beta));
        BlockPass rectified = BlockPass.of(manager, block, inputs, List.of(draw.outputGradient));
        double[] expected = widen(plain.outputs().get(0).data());
        double[] passed = new double[expected.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] += shortcut == null ? 0 : shortcut[i];
            passed[i] = expected[i] > 0 ? draw.outputGradient[i] : 0;
            expected[i] = Math.max(0, expected[i]);
        }
        assertClose("z", rectified.outputs().get(0).data(), expected, TOLERANCE);
        if (shortcut != null) {
            assertClose("dshortcut", rectified.inputGradients().get(1), passed, TOLERANCE);
        }
    }

    private static float[] value(Block block, String name) {
        return NamedParameters.of(block).get(name).getArray().toFloatArray();
    }

    private static float[] narrow(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    @Example
    void aNameFindsTheNormalisationThatBearsIt() {
        for (String name :
                List.of(
                        "frn",
                        "frn-eps",
                        "bn",
                        "frozen-bn",
                        "frozen-bn-eps0",
                        "gn",
                        "gn8",
                        "ln",
                        "in",
                        "gn-tlu",
                        "gn8-tlu",
                        "ln-tlu",
                        "in-tlu")) {
            assertThat(Normalizations.parse(name).name()).isEqualTo(name);
        }
        assertThat(Normalizations.parse("frn")).isEqualTo(new FilterResponseNormalization(false));
        assertThat(Normalizations.parse("frn-eps"))
                .isEqualTo(new FilterResponseNormalization(true));
        assertThat(Normalizations.parse("frozen-bn"))
                .isEqualTo(new FrozenBatchNormalization(1e-5f));
        assertThat(Normalizations.parse("frozen-bn-eps0"))
                .isEqualTo(new FrozenBatchNormalization(0));
        assertThat(Normalizations.parse("gn")).isEqualTo(new GroupNormalization(32));
        assertThat(Normalizations.parse("gn32").name()).isEqualTo("gn");
    }

    @Example
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        for (String name : List.of("", "FRN", "gn0", "gn-1", "gnN", "gn999999", "layer", "bn ")) {
            assertThatThrownBy(() -> Normalizations.parse(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + name + "'")
                    .hasMessageContaining("frn")
                    .hasMessageContaining("frozen-bn");
        }
    }
}
