package dev.fern.backbone.resnet;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.GradientCollector;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
class MaxPoolingTest {

    /** Compares values and gradients with those of the definition, one window after the other. */
    private static final class Reference {
        final float[] pooled;
        final float[] gradient;

        Reference(int rows, int height, int width, float[] x, float[] outputGradient) {
            int outputHeight = (height + 1) / 2;
            int outputWidth = (width + 1) / 2;
            pooled = new float[rows * outputHeight * outputWidth];
            gradient = new float[x.length];
            for (int o = 0; o < pooled.length; o++) {
                int row = o / (outputHeight * outputWidth);
                int centreY = 2 * (o / outputWidth % outputHeight);
                int centreX = 2 * (o % outputWidth);
                int best = -1;
                for (int window = 0; window < 9; window++) {
                    int y = centreY + window / 3 - 1;
                    int column = centreX + window % 3 - 1;
                    if (y < 0 || y >= height || column < 0 || column >= width) {
                        continue;
                    }
                    int at = (row * height + y) * width + column;
                    if (best < 0 || x[at] > x[best]) {
                        best = at;
                    }
                }
                pooled[o] = x[best];
                gradient[best] += outputGradient[o];
            }
        }
    }

    /** Draws small integers, so that most windows hold their maximum more than once. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1",
        "2, 3, 1, 8",
        "1, 2, 7, 1",
        "1, 1, 2, 2",
        "2, 2, 3, 5",
        "3, 2, 6, 9",
        "2, 5, 33, 64",
        "1, 40, 64, 80"
    })
    void valuesAndGradientsAreThoseOfTheDefinition(int n, int c, int height, int width) {
        SplittableRandom random = new SplittableRandom(height * 31L + width);
        float[] x = new float[n * c * height * width];
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextInt(-4, 5);
        }
        float[] outputGradient = new float[n * c * ((height + 1) / 2) * ((width + 1) / 2)];
        for (int i = 0; i < outputGradient.length; i++) {
            outputGradient[i] = random.nextInt(-8, 9);
        }
        Reference reference = new Reference(n * c, height, width, x, outputGradient);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray array = manager.create(x, new Shape(n, c, height, width));
            array.setRequiresGradient(true);
            try (GradientCollector collector =
                    EngineBridge.of(manager).newGradientCollector(manager)) {
                NDArray pooled = MaxPooling.apply(array);
                assertThat(pooled.getShape()).isEqualTo(MaxPooling.outputShape(array.getShape()));
                assertThat(pooled.toFloatArray()).isEqualTo(reference.pooled);
                EngineBridge.of(manager)
                        .backward(
                                collector,
                                new NDList(pooled),
                                new NDList(manager.create(outputGradient, pooled.getShape())));
            }
            assertThat(array.getGradient().toFloatArray()).isEqualTo(reference.gradient);
            BlockPass maps =
                    BlockPass.onTape(
                            manager,
                            new LambdaBlock(
                                    each -> new NDList(MaxPooling.apply(each.get(0))), "pooling"),
                            List.of(new Tensor(new long[] {n, c, height, width}, x)),
                            List.of(outputGradient),
                            Precision.FLOAT32);
            assertThat(maps.outputs().get(0).data()).isEqualTo(reference.pooled);
            assertThat(maps.inputGradients().get(0)).isEqualTo(reference.gradient);
        }
    }

    @Test
    void theEnginesOwnPoolingGivesTheSame() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.randomNormal(new Shape(2, 3, 31, 20));
            NDArray engines =
                    Pool.maxPool2d(x, new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), false);
            assertThat(MaxPooling.apply(x).toFloatArray()).isEqualTo(engines.toFloatArray());
        }
    }

    @Test
    void aNaNIsPassedOnAndHasTheGradientSomewhereInItsWindow() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.create(new float[] {1, Float.NaN, 3, 4}, new Shape(1, 1, 2, 2));
            x.setRequiresGradient(true);
            try (GradientCollector collector =
                    EngineBridge.of(manager).newGradientCollector(manager)) {
                NDArray pooled = MaxPooling.apply(x);
                assertThat(pooled.toFloatArray()).containsExactly(Float.NaN);
                EngineBridge.of(manager)
                        .backward(
                                collector,
                                new NDList(pooled),
                                new NDList(manager.ones(new Shape(1, 1, 1, 1))));
            }
            assertThat(x.getGradient().sum().getFloat()).isEqualTo(1);
        }
    }
}
