package dev.fern.detection.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.fern.backbone.host.EngineBridge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The movement of weights on the device against float64. */
class DeviceDescentTest extends TrainingScriptTest {

    @ParameterizedTest
    @CsvSource({"0.9, 0.5, 1", "0, 1e9, 3", "0.5, Infinity, 2"})
    void stepsAreThoseOfFloat64(double momentum, double clip, int images) {
        int[] sizes = {7, 1, 1200};
        Random random = new Random(3);
        List<NDArray> weights = new ArrayList<>();
        int all = 0;
        for (int size : sizes) {
            float[] values = gaussians(random, size);
            NDArray array = manager.create(values, new Shape(size));
            array.setRequiresGradient(true);
            weights.add(array);
            all += size;
        }
        double[] w = new double[all];
        double[] v = new double[all];
        float[] decay = new float[all];
        for (int i = 0, at = 0; i < sizes.length; i++) {
            for (float value : weights.get(i).toFloatArray()) {
                w[at] = value;
                decay[at++] = i == 1 ? 0 : 0.01f;
            }
        }
        NDArray velocity = manager.zeros(new Shape(all));
        NDArray decays = manager.create(decay);
        NDArray numbers = manager.zeros(new Shape(5, 3));
        for (int step = 0; step < 5; step++) {
            float[] gradient = gaussians(random, all);
            EngineBridge engine = EngineBridge.of(manager);
            try (GradientCollector collector = engine.newGradientCollector(manager)) {
                NDArray sum = null;
                int first = 0;
                for (NDArray array : weights) {
                    int size = (int) array.size();
                    float[] own = Arrays.copyOfRange(gradient, first, first + size);
                    NDArray term = array.mul(manager.create(own)).sum();
                    sum = sum == null ? term : sum.add(term);
                    first += size;
                }
                collector.backward(sum);
            }
            double rate = 0.1 / (step + 1);
            script.call(
                    manager,
                    "step",
                    weights,
                    List.of(),
                    velocity,
                    decays,
                    momentum,
                    clip,
                    (double) images,
                    rate,
                    numbers,
                    (long) step);
            double squares = 0;
            for (float g : gradient) {
                squares += (double) g * g;
            }
            double norm = Math.sqrt(squares) / images;
            double scale = norm > clip ? clip / norm : 1;
            for (int i = 0; i < all; i++) {
                v[i] = momentum * v[i] + scale * gradient[i] / images + decay[i] * w[i];
                w[i] -= rate * v[i];
            }
            assertThat((double) numbers.toFloatArray()[3 * step + 2])
                    .isCloseTo(norm, within(1e-6 * norm));
        }
        int at = 0;
        for (NDArray array : weights) {
            for (float value : array.toFloatArray()) {
                assertThat((double) value)
                        .isCloseTo(w[at], within(1e-5 * Math.max(0.1, Math.abs(w[at]))));
                at++;
            }
        }
    }

    private static float[] gaussians(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
