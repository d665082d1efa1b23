package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.model.TinyDetectors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
class SgdOptimizerTest {

    private static final double DECAY = 0.01;
    private static final double NORM_DECAY = 0.003;

    /** Has parameters of every kind; the weight is longer than a chunk of the optimiser's loops. */
    private static final class Parameters extends AbstractBlock {

        Parameters() {
            add("weight", Parameter.Type.WEIGHT, new Shape(150, 120));
            add("bias", Parameter.Type.BIAS, new Shape(5));
            add("gamma", Parameter.Type.GAMMA, new Shape(4));
            add("beta", Parameter.Type.BETA, new Shape(4));
            add("tau", Parameter.Type.OTHER, new Shape(4));
            addParameter(
                    Parameter.builder()
                            .setName("mean")
                            .setType(Parameter.Type.RUNNING_MEAN)
                            .optShape(new Shape(4))
                            .optRequiresGrad(false)
                            .build());
        }

        private void add(String name, Parameter.Type type, Shape shape) {
            addParameter(Parameter.builder().setName(name).setType(type).optShape(shape).build());
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            return inputs;
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return inputShapes;
        }
    }

    private final Random random = new Random(8);
    private NDManager manager;
    private Parameters block;

    @BeforeEach
    void createParameters() {
        manager = NDManager.newBaseManager(TinyDetectors.ENGINE);
        block = new Parameters();
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) ->
                                parameter.setInitializer(
                                        (owner, shape, type) ->
                                                owner.create(
                                                        gaussians((int) shape.size()), shape)));
        block.initialize(manager, DataType.FLOAT32, new Shape(1));
    }

    @AfterEach
    void closeManager() {
        manager.close();
    }

    private float[] gaussians(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Runs a backward pass that leaves these gradients: those of a sum of products. */
    private void backward(Map<String, float[]> gradients) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = EngineBridge.of(step).newGradientCollector(step)) {
            NDArray loss = step.create(0f);
            for (Map.Entry<String, float[]> entry : gradients.entrySet()) {
                NDArray array = NamedParameters.of(block).get(entry.getKey()).getArray();
                EngineBridge.of(array).clearGradient(array);
                NDArray factor = step.create(entry.getValue(), array.getShape());
                loss = loss.add(factor.mul(array).sum());
            }
            collector.backward(loss);
        }
    }

    private Map<String, float[]> randomGradients() {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                gradients.put(name, gaussians((int) parameter.getArray().size()));
                            }
                        });
        return gradients;
    }

    private Map<String, double[]> values() {
        Map<String, double[]> values = new LinkedHashMap<>();
        ParameterValues.copyOf(block)
                .forEach((name, tensor) -> values.put(name, doubles(tensor.data(), 1)));
        return values;
    }

    private static double[] doubles(float[] floats, double factor) {
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = factor * floats[i];
        }
        return doubles;
    }

    /** torch.optim.SGD after clip_grad_norm_, in double precision. */
    private static final class Reference {

        private final double momentum;
        private final double clipNorm;
        private final Map<String, double[]> weights;
        private final Map<String, double[]> velocities = new LinkedHashMap<>();

        Reference(double momentum, double clipNorm, Map<String, double[]> weights) {
            this.momentum = momentum;
            this.clipNorm = clipNorm;
            this.weights = weights;
        }

        double step(Map<String, double[]> gradients, double rate) {
            double squares = 0;
            for (double[] gradient : gradients.values()) {
                for (double g : gradient) {
                    squares += g * g;
                }
            }
            double norm = Math.sqrt(squares);
            double clip = Math.min(1, clipNorm / (norm + 1e-6));
            gradients.forEach(
                    (name, gradient) -> {
                        boolean conv = name.equals("weight") || name.equals("bias");
                        double[] w = weights.get(name);
                        double[] v =
                                velocities.computeIfAbsent(name, n -> new double[gradient.length]);
                        for (int i = 0; i < w.length; i++) {
                            double d = clip * gradient[i] + (conv ? DECAY : NORM_DECAY) * w[i];
                            v[i] = momentum * v[i] + d;
                            w[i] -= rate * v[i];
                        }
                    });
            return norm;
        }
    }

    private SgdOptimizer optimizer(double momentum, double clipNorm) {
        return new SgdOptimizer(block, momentum, DECAY, NORM_DECAY, clipNorm);
    }

    @ParameterizedTest(name = "momentum {0}, clipped at {1}")
    @CsvSource({"0.9, 100", "0.9, Infinity", "0, 1e6", "0.5, 0.01"})
    void stepsAreThoseOfTorch(double momentum, double clipNorm) {
        SgdOptimizer optimizer = optimizer(momentum, clipNorm);
        Reference reference = new Reference(momentum, clipNorm, values());
        for (int step = 0; step < 10; step++) {
            double rate = 0.1 / (1 + step);
            Map<String, float[]> gradients = randomGradients();
            Map<String, double[]> expected = new LinkedHashMap<>();
            gradients.forEach((name, g) -> expected.put(name, doubles(g, 1)));
            backward(gradients);
            optimizer.accumulate(3);
            double norm = reference.step(expected, rate);
            assertThat(optimizer.step(rate)).isCloseTo(norm, within(1e-5 * norm));
            assertClose(reference);
        }
    }

    private void assertClose(Reference reference) {
        values().forEach(
                        (name, found) -> {
                            double[] expected = reference.weights.get(name);
                            for (int i = 0; i < found.length; i++) {
                                double limit = 1e-5 * Math.max(0.1, Math.abs(expected[i]));
                                if (!(Math.abs(found[i] - expected[i]) <= limit)) {
                                    assertThat(found[i]).as(name + i).isEqualTo(expected[i]);
                                }
                            }
                        });
    }

    @Test
    void accumulatedGradientsCountByTheirImages() {
        SgdOptimizer optimizer = optimizer(0.9, 50);
        Reference reference = new Reference(0.9, 50, values());
        for (int step = 0; step < 4; step++) {
            Map<String, float[]> ofTwo = randomGradients();
            Map<String, float[]> ofSix = randomGradients();
            backward(ofTwo);
            optimizer.accumulate(2);
            backward(ofSix);
            optimizer.accumulate(6);
            Map<String, double[]> mean = new LinkedHashMap<>();
            ofTwo.forEach(
                    (name, g) -> {
                        double[] a = doubles(g, 0.25);
                        double[] b = doubles(ofSix.get(name), 0.75);
                        for (int i = 0; i < a.length; i++) {
                            a[i] += b[i];
                        }
                        mean.put(name, a);
                    });
            double norm = reference.step(mean, 0.1);
            assertThat(optimizer.step(0.1)).isCloseTo(norm, within(1e-5 * norm));
            assertClose(reference);
        }
    }

    @Test
    void parametersThatAreNotTrainedStay() {
        float[] before = ParameterValues.copyOf(block).get("mean").data();
        SgdOptimizer optimizer = optimizer(0.9, 1);
        backward(randomGradients());
        optimizer.accumulate(1);
        optimizer.step(0.1);
        assertThat(ParameterValues.copyOf(block).get("mean").data()).containsExactly(before);
        assertThat(optimizer.copyState()).doesNotContainKey("mean");
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void gradientThatIsNotFiniteChangesNothing(float odd) {
        SgdOptimizer optimizer = optimizer(0.9, 1);
        backward(randomGradients());
        optimizer.accumulate(1);
        optimizer.step(0.1);
        Map<String, Tensor> parameters = ParameterValues.copyOf(block);
        Map<String, Tensor> state = optimizer.copyState();
        Map<String, float[]> gradients = randomGradients();
        gradients.get("weight")[17_999] = odd;
        backward(gradients);
        optimizer.accumulate(1);
        assertThat(optimizer.step(0.1)).isNotFinite();
        assertThat(ParameterValues.copyOf(block)).isEqualTo(parameters);
        assertThat(optimizer.copyState()).isEqualTo(state);
        // The next gradient does not meet the one that was refused.
        Map<String, float[]> good = randomGradients();
        backward(good);
        optimizer.accumulate(1);
        assertThat(optimizer.step(0.1)).isFinite();
    }

    @Test
    void restoredOptimiserGoesOnAsIfNothingHadHappened() {
        SgdOptimizer optimizer = optimizer(0.9, 10);
        backward(randomGradients());
        optimizer.accumulate(1);
        optimizer.step(0.1);
        Map<String, Tensor> state = optimizer.copyState();
        Map<String, Tensor> parameters = ParameterValues.copyOf(block);
        assertThat(state.get("weight").shape()).containsExactly(150, 120);

        Map<String, float[]> gradients = randomGradients();
        backward(gradients);
        optimizer.accumulate(1);
        optimizer.step(0.1);
        Map<String, Tensor> undisturbed = ParameterValues.copyOf(block);

        ParameterValues.assign(block, parameters);
        SgdOptimizer restored = optimizer(0.9, 10);
        restored.restoreState(state);
        backward(gradients);
        restored.accumulate(1);
        restored.step(0.1);
        assertThat(ParameterValues.copyOf(block)).isEqualTo(undisturbed);
        assertThat(restored.copyState()).isEqualTo(optimizer.copyState());
        // The copy is not the optimiser's own memory.
        assertThat(state).isNotEqualTo(restored.copyState());
    }

    @Test
    void stateThatDoesNotFitIsRefusedWhole() {
        SgdOptimizer optimizer = optimizer(0.9, 10);
        backward(randomGradients());
        optimizer.accumulate(1);
        optimizer.step(0.1);
        Map<String, Tensor> state = optimizer.copyState();

        Map<String, Tensor> lacking = new LinkedHashMap<>(state);
        lacking.replaceAll((name, tensor) -> zeros(tensor));
        lacking.remove("tau");
        assertThatThrownBy(() -> optimizer.restoreState(lacking))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tau");
        Map<String, Tensor> shorter = new LinkedHashMap<>(state);
        shorter.replaceAll((name, tensor) -> zeros(tensor));
        shorter.put("bias", new Tensor(new long[] {4}, new float[4]));
        assertThatThrownBy(() -> optimizer.restoreState(shorter))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bias");
        assertThat(optimizer.copyState()).isEqualTo(state);
    }

    private static Tensor zeros(Tensor tensor) {
        return new Tensor(tensor.shape(), new float[tensor.data().length]);
    }
}
