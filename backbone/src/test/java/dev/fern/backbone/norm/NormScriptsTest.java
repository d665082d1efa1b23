package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.OperatorsCase;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.norm.FilterResponseBlockTest.Case;
import dev.fern.backbone.norm.MomentReference.Moments;
import dev.fern.backbone.norm.NormCase.Reference;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Normalisers in TorchScript, as they run on GPUs, against float64. */
class NormScriptsTest extends OperatorsCase {

    private static final double EPSILON = 1e-5;

    /** To read a map in bfloat16, whose values DJL can't give. */
    private static final String FLOAT32 =
            "  def forward(self, x: Tensor) -> Tensor:\n    return x.to(dtype=6)\n";

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1",
        "3, 2, 1, 1",
        "1, 1, 2, 2",
        "2, 5, 3, 7",
        "2, 1, 9, 4",
        "2, 3, 37, 61"
    })
    void filterResponsesAndAllGradientsMatchTheReference(
            int images, int channels, int height, int width) {
        for (int kind = 0; kind < 24; kind++) {
            Case drawn =
                    Case.random(
                            kind,
                            images,
                            channels,
                            height,
                            width,
                            Math.pow(10, kind / 8 - 1),
                            (kind & 1) != 0,
                            (kind & 2) != 0,
                            (kind & 4) != 0);
            FilterResponseReference terms =
                    drawn.reference().magnitudes(widen(drawn.outputGradient()));
            double least = 2e-7 / 3e-5 * drawn.reference().steepest();
            drawn.assertMatchesReference(
                    drawn.run(manager), 3e-5, height * width < 16 ? least / 100 : least, terms);
        }
    }

    @Test
    void whereTheResultTiesWithTauTheGradientGoesToTau() {
        Case.assertTiesGoToTau(Case.tied().run(manager));
    }

    @ParameterizedTest
    @CsvSource({"2, 3, 4, 5", "3, 1, 7, 7", "1, 4, 2, 9"})
    void batchNormAndAllGradientsMatchTheReference(
            int images, int channels, int height, int width) {
        for (Activation activation : Activation.values()) {
            NormCase drawn = NormCase.random(7, images, channels, height, width, true, activation);
            Block block = drawn.block(new BatchNormalization(activation));
            drawn.prepare(manager, block);
            drawn.assertMatches(
                    manager,
                    block,
                    (parameters, list) -> block.forward(parameters, list, true),
                    Reference.of(drawn.ofChannels(EPSILON)));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 4, 4, 5, 2", "1, 4, 3, 3, 4", "3, 6, 7, 7, 1"})
    void groupNormAndAllGradientsMatchTheReference(
            int images, int channels, int height, int width, int groups) {
        NormCase drawn = NormCase.random(7, images, channels, height, width, true, Activation.TLU);
        Block block = drawn.block(new GroupNormalization(groups, Activation.TLU));
        drawn.prepare(manager, block);
        drawn.assertMatches(
                manager,
                block,
                (parameters, list) -> block.forward(parameters, list, true),
                Reference.of(drawn.ofGroups(EPSILON, groups)));
    }

    @Test
    void runningAveragesMoveByATenthAndStayFinite() {
        NormCase drawn = NormCase.random(3, 2, 3, 4, 5);
        Moments moments = drawn.ofChannels(EPSILON).moments(widen(drawn.x()));
        for (int c = 0; c < 3; c++) {
            moments.means()[c] *= 0.1;
            moments.variances()[c] = 0.9 + 0.1 * moments.variances()[c] * 40 / 39;
        }
        Block block = new BatchNormalization().norm(3);
        drawn.prepare(manager, block);
        drawn.run(manager, block);
        assertClose("means", values(block, "runningMean"), moments.means(), 1e-5);
        assertClose("variances", values(block, "runningVar"), moments.variances(), 1e-5);
        Arrays.fill(drawn.x(), Float.POSITIVE_INFINITY);
        drawn.run(manager, block);
        assertClose("means", values(block, "runningMean"), moments.means(), 1e-5);
        assertClose("variances", values(block, "runningVar"), moments.variances(), 1e-5);
    }

    @Test
    void oneValueAChannelGivesBetaAndSaysNothingOfTheVariance() {
        NormCase drawn = NormCase.random(4, 1, 3, 1, 1);
        Block block = new BatchNormalization().norm(3);
        drawn.prepare(manager, block);
        BlockPass pass = drawn.run(manager, block);
        assertThat(pass.outputs().get(0).data()).isEqualTo(drawn.beta());
        for (float slope : pass.inputGradients().get(0)) {
            assertThat(slope == 0).isTrue(); // of either sign
        }
        double[] means = Arrays.stream(widen(drawn.x())).map(x -> 0.1 * x).toArray();
        assertClose("means", values(block, "runningMean"), means, 1e-5);
        assertThat(values(block, "runningVar")).containsOnly(1);
    }

    @Test
    void frozenStatisticsGiveWhatTheHostComputes() {
        NormCase drawn = NormCase.random(5, 2, 3, 4, 5, true, Activation.TLU);
        Block block = drawn.block(new FrozenBatchNormalization(EPSILON, Activation.TLU));
        drawn.prepare(manager, block);
        BlockPass found = drawn.run(manager, block);
        try (NDManager plain = EngineBridge.of("PyTorch").newManager()) {
            Block other = drawn.block(new FrozenBatchNormalization(EPSILON, Activation.TLU));
            drawn.prepare(plain, other);
            found.assertClose(drawn.run(plain, other), 5e-5, 1);
        }
    }

    /**
     * A map in bfloat16 is normalised in float32: results are those of float32 but for a last
     * rounding, by 2^-9 at most, and the parameters' gradients are sums in float32.
     */
    @ParameterizedTest
    @CsvSource({"frn", "frn-eps", "frn-relu", "gn2", "gn2-tlu", "bn", "frozen-bn"})
    void bfloat16MapsAreNormalisedInFloat32(String name) {
        Normalization norm = Normalization.parse(name);
        for (int side : new int[] {1, 3, 9}) {
            NormCase alone = NormCase.random(7, 2, 4, side, side);
            assertBfloat16IsRoundedFloat32(alone, norm.norm(4));
            // Batch norm rounds once more before the addition, after which a value may lie on the
            // other side of the threshold.
            if (!name.endsWith("bn")) {
                NormCase followed = NormCase.random(7, 2, 4, side, side, true, Activation.TLU);
                truncate(followed.shortcut());
                assertBfloat16IsRoundedFloat32(followed, norm.normAddActivation(4));
            }
        }
    }

    private void assertBfloat16IsRoundedFloat32(NormCase drawn, Block block) {
        truncate(drawn.x());
        truncate(drawn.outputGradient());
        BlockPass.prepare(manager, block, drawn.inputs(), Map.of());
        BlockPass exact = drawn.run(manager, block);
        BlockPass rounded =
                BlockPass.of(
                        manager,
                        block,
                        (parameters, inputs) -> inBfloat16(block, parameters, inputs),
                        drawn.inputs(),
                        List.of(drawn.outputGradient()));
        assertDistance(rounded.outputs().get(0).data(), exact.outputs().get(0).data(), 4e-3);
        for (int i = 0; i < exact.inputGradients().size(); i++) {
            assertDistance(rounded.inputGradients().get(i), exact.inputGradients().get(i), 4e-3);
        }
        exact.parameterGradients()
                .forEach(
                        (name, gradient) ->
                                assertDistance(
                                        rounded.parameterGradients().get(name), gradient, 1e-6));
    }

    private static NDList inBfloat16(Block block, ParameterStore parameters, NDList inputs) {
        NDList maps = new NDList();
        inputs.forEach(input -> maps.add(Precision.BFLOAT16.of(input)));
        return new NDList(
                TorchScript.of(FLOAT32)
                        .forward(block.forward(parameters, maps, true).singletonOrThrow()));
    }

    /** Leaves what bfloat16 holds. */
    private static void truncate(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) & 0xffff0000);
        }
    }

    private static void assertDistance(float[] found, float[] expected, double bound) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        assertThat(Math.sqrt(difference)).isLessThanOrEqualTo(bound * Math.sqrt(length));
    }

    private static float[] values(Block block, String name) {
        return NamedParameters.of(block).get(name).getArray().toFloatArray();
    }
}
