package dev.fern.backbone.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Initial values that depend on a seed and the parameter's name alone, so that they are the same on
 * every engine and do not shift when a network gains a layer.
 */
public final class Initialization {

    private final long seed;

    /** Starts from a seed. */
    public Initialization(long seed) {
        this.seed = seed;
    }

    /**
     * Normal values with the standard deviation sqrt(2 / fan-out) of He et al. (ICCV 2015), as
     * torchvision's ResNets.
     *
     * @param parameter a convolution's weight [out, in, kh, kw]
     */
    public void heFanOut(String name, Parameter parameter) {
        normal(
                name,
                parameter,
                shape -> Math.sqrt(2.0 / (shape.get(0) * shape.get(2) * shape.get(3))));
    }

    /** Normal values of a given standard deviation. */
    public void normal(String name, Parameter parameter, double deviation) {
        normal(name, parameter, shape -> deviation);
    }

    private void normal(String name, Parameter parameter, ToDoubleFunction<Shape> deviation) {
        parameter.setInitializer(
                (manager, shape, type) -> {
                    SplittableRandom random = random(name);
                    double scale = deviation.applyAsDouble(shape);
                    return filled(manager, shape, () -> scale * random.nextGaussian());
                });
    }

    /**
     * Uniform values within +-sqrt(3 / fan-in), as torchvision's feature pyramid.
     *
     * @param parameter a convolution's weight [out, in, kh, kw]
     */
    public void uniformFanIn(String name, Parameter parameter) {
        parameter.setInitializer(
                (manager, shape, type) -> {
                    SplittableRandom random = random(name);
                    double bound = Math.sqrt(3.0 / (shape.get(1) * shape.get(2) * shape.get(3)));
                    return filled(manager, shape, () -> bound * (2 * random.nextDouble() - 1));
                });
    }

    /**
     * Uniform values within +-1 / sqrt(fan-in), as torch.nn.Linear's.
     *
     * @param parameter a fully connected layer's weight or bias
     * @param fanIn inputs of the layer
     */
    public void linear(String name, Parameter parameter, long fanIn) {
        parameter.setInitializer(
                (manager, shape, type) -> {
                    SplittableRandom random = random(name);
                    double bound = 1 / Math.sqrt(fanIn);
                    return filled(manager, shape, () -> bound * (2 * random.nextDouble() - 1));
                });
    }

    /** One value everywhere. */
    public void constant(Parameter parameter, double value) {
        parameter.setInitializer((manager, shape, type) -> filled(manager, shape, () -> value));
    }

    /** Starts from a mixture of the seed and each character, so that no two streams overlap. */
    private SplittableRandom random(String name) {
        long state = seed;
        for (int i = 0; i < name.length(); i++) {
            state = new SplittableRandom(state + name.charAt(i)).nextLong();
        }
        return new SplittableRandom(state);
    }

    private static NDArray filled(NDManager manager, Shape shape, DoubleSupplier values) {
        float[] filled = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < filled.length; i++) {
            filled[i] = (float) values.getAsDouble();
        }
        return EngineBridge.of(manager).create(manager, filled, shape);
    }
}
