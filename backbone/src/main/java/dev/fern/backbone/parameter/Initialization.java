package dev.fern.backbone.parameter;

import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

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
        parameter.setInitializer(
                (manager, shape, type) -> {
                    double fanOut = (double) shape.get(0) * shape.get(2) * shape.get(3);
                    SplittableRandom random = random(name);
                    double deviation = Math.sqrt(2 / fanOut);
                    return manager.create(
                            fill(shape.size(), () -> deviation * random.nextGaussian()), shape);
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
                    double fanIn = (double) shape.get(1) * shape.get(2) * shape.get(3);
                    SplittableRandom random = random(name);
                    double bound = Math.sqrt(3 / fanIn);
                    return manager.create(
                            fill(shape.size(), () -> bound * (2 * random.nextDouble() - 1)), shape);
                });
    }

    /** Normal values of a given standard deviation. */
    public void normal(String name, Parameter parameter, double deviation) {
        parameter.setInitializer(
                (manager, shape, type) -> {
                    SplittableRandom random = random(name);
                    return manager.create(
                            fill(shape.size(), () -> deviation * random.nextGaussian()), shape);
                });
    }

    /** One value everywhere. */
    public void constant(Parameter parameter, double value) {
        parameter.setInitializer(
                (manager, shape, type) -> manager.create(fill(shape.size(), () -> value), shape));
    }

    /** Zero everywhere. */
    public void zero(Parameter parameter) {
        parameter.setInitializer(Initializer.ZEROS);
    }

    private SplittableRandom random(String name) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    }

    private static float[] fill(long size, DoubleSupplier values) {
        float[] filled = new float[Math.toIntExact(size)];
        for (int i = 0; i < filled.length; i++) {
            filled[i] = (float) values.getAsDouble();
        }
        return filled;
    }
}
