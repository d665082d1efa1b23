package dev.fern.backbone.fpn;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.NumericalGradient;
import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
class FeaturePyramidTest {

    private static final int CHANNELS = 2;

    /** Returns random maps C3 to C5 of images. */
    private static List<Tensor> maps(int images, int height, int width) {
        SplittableRandom random = new SplittableRandom(height);
        List<Tensor> maps = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            long[] shape = {images, 2 + i, height >> (3 + i), width >> (3 + i)};
            maps.add(tensor(random, shape));
        }
        return maps;
    }

    private static Tensor tensor(SplittableRandom random, long... shape) {
        float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Tensor(shape, values);
    }

    @ParameterizedTest
    @EnumSource(P6Source.class)
    void levelsHaveTheStrides8To128(P6Source source) {
        FeaturePyramid pyramid = new FeaturePyramid(3, CHANNELS, source);
        List<Tensor> maps = maps(2, 96, 160);
        List<Shape> shapes =
                List.of(
                        new Shape(2, CHANNELS, 12, 20),
                        new Shape(2, CHANNELS, 6, 10),
                        new Shape(2, CHANNELS, 3, 5),
                        new Shape(2, CHANNELS, 2, 3),
                        new Shape(2, CHANNELS, 1, 2));
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, pyramid, maps, Map.of());
            assertThat(BlockPass.infer(manager, pyramid, maps))
                    .extracting(output -> new Shape(output.shape()))
                    .isEqualTo(shapes);
            Shape[] inputs = maps.stream().map(map -> new Shape(map.shape())).toArray(Shape[]::new);
            assertThat(pyramid.getOutputShapes(inputs)).containsExactlyElementsOf(shapes);
        }
    }

    /**
     * Compares the whole pyramid with plain loops in float64: outputs and the inputs' gradients.
     */
    @ParameterizedTest
    @CsvSource({"C5, false", "P5, false", "P5, true"})
    void thePyramidAndItsGradientsMatchTheReference(P6Source source, boolean normalized) {
        FeaturePyramid pyramid =
                new FeaturePyramid(
                        3,
                        CHANNELS,
                        source,
                        normalized ? Optional.of(Normalization.parse("ln")) : Optional.empty());
        List<Tensor> maps = maps(1, 32, 64);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, pyramid, maps, Map.of());
            SplittableRandom random = new SplittableRandom(8);
            NamedParameters.of(pyramid)
                    .values()
                    .forEach(
                            parameter -> {
                                NDArray array = parameter.getArray();
                                array.set(tensor(random, array.getShape().getShape()).data());
                            });
            PyramidReference reference =
                    new PyramidReference(NamedParameters.of(pyramid), CHANNELS, source);
            List<double[]> inputs = maps.stream().map(map -> widen(map.data())).toList();
            List<double[]> levels = reference.forward(maps, inputs);
            List<float[]> weights =
                    levels.stream().map(level -> tensor(random, level.length).data()).toList();
            BlockPass pass = BlockPass.of(manager, pyramid, maps, weights);
            BlockPass onTape = BlockPass.onTape(manager, pyramid, maps, weights, Precision.FLOAT32);
            for (int l = 0; l < levels.size(); l++) {
                assertClose("P" + (3 + l), pass.outputs().get(l).data(), levels.get(l), 1e-5);
                assertClose("P" + (3 + l), onTape.outputs().get(l).data(), levels.get(l), 1e-5);
            }
            for (int m = 0; m < inputs.size(); m++) {
                int map = m;
                double[] gradient =
                        NumericalGradient.of(
                                values -> {
                                    List<double[]> changed = new ArrayList<>(inputs);
                                    changed.set(map, values);
                                    List<double[]> results = reference.forward(maps, changed);
                                    double loss = 0;
                                    for (int l = 0; l < results.size(); l++) {
                                        loss +=
                                                NumericalGradient.dot(
                                                        results.get(l), weights.get(l));
                                    }
                                    return loss;
                                },
                                inputs.get(m));
                assertClose("dC" + (3 + m), pass.inputGradients().get(m), gradient, 1e-5);
                assertClose("dC" + (3 + m), onTape.inputGradients().get(m), gradient, 1e-5);
            }
        }
    }

    @Test
    void aNormTakesTheBiasesPlaceAndHasNoActivation() {
        FeaturePyramid pyramid =
                new FeaturePyramid(
                        3, CHANNELS, P6Source.P5, Optional.of(Normalization.parse("bn-tlu")));
        assertThat(NamedParameters.of(pyramid))
                .containsKeys(
                        "lateral2.weight", "lateralNorm2.gamma", "outputNorm0.beta", "p6.bias")
                .doesNotContainKeys("lateral2.bias", "output0.bias", "outputNorm0.tau");
    }

    @Test
    void theTopDownStepAddsEachPlaceToTheFourBelowIt() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray map =
                    manager.create(
                            new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                            new Shape(1, 1, 2, 6));
            NDArray above = manager.create(new float[] {100, 200, 300}, new Shape(1, 1, 1, 3));
            assertThat(TopDownAddition.apply(map, above).toFloatArray())
                    .containsExactly(101, 102, 203, 204, 305, 306, 107, 108, 209, 210, 311, 312);
        }
    }

    @Test
    void theFusedTopDownStepEqualsTheOperators() {
        SplittableRandom random = new SplittableRandom(4);
        for (long[] side : new long[][] {{2, 2}, {4, 10}, {6, 2}, {2, 64}}) {
            Tensor map = tensor(random, 2, 3, side[0], side[1]);
            Tensor above = tensor(random, 2, 3, side[0] / 2, side[1] / 2);
            try (NDManager manager = NDManager.newBaseManager()) {
                NDArray fine = manager.create(map.data(), new Shape(map.shape()));
                NDArray coarse = manager.create(above.data(), new Shape(above.shape()));
                assertThat(TopDownAddition.apply(fine, coarse).toFloatArray())
                        .isEqualTo(fine.add(coarse.repeat(2, 2).repeat(3, 2)).toFloatArray());
            }
        }
    }

    @Test
    void imagesWhoseSidesAreNoMultiplesOf32AreRefused() {
        FeaturePyramid pyramid = new FeaturePyramid(3, CHANNELS, P6Source.P5);
        SplittableRandom random = new SplittableRandom(1);
        // C3 to C5 of an image of 40 x 64: a side of 5 is not twice 3
        List<Tensor> maps =
                List.of(
                        tensor(random, 1, 2, 5, 8),
                        tensor(random, 1, 3, 3, 4),
                        tensor(random, 1, 4, 2, 2));
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, pyramid, maps, Map.of());
            assertThatThrownBy(() -> BlockPass.infer(manager, pyramid, maps))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("multiples of 32");
        }
    }

    @Test
    void anotherNumberOfMapsThanThePyramidWasBuiltForIsRefused() {
        FeaturePyramid pyramid = new FeaturePyramid(3, CHANNELS, P6Source.P5);
        List<Tensor> maps = maps(1, 32, 32);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, pyramid, maps, Map.of());
            assertThatThrownBy(() -> BlockPass.infer(manager, pyramid, maps.subList(0, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3 maps");
        }
    }
}
