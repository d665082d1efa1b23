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

    /**
     * Makes initialisers that draw from one seed.
     *
     * @param seed any number; networks of the same seed and names start from the same values
     */
    public Initialization(long seed) {
        this.seed = seed;
    }

    /**
     * Lets a weight start from normal values of mean 0 and standard deviation sqrt(2 / fan-out) (He
     * et al., ICCV 2015), as torchvision's ResNets do.
     *
     * @param name the parameter's name in the network, on which the values depend
     * @param parameter a convolution's weight [out, in, kh, kw], not initialised yet
     */
    public void heFanOut(String name, Parameter parameter) {
        normal(
                name,
                parameter,
                shape -> Math.sqrt(2.0 / (shape.get(0) * shape.get(2) * shape.get(3))));
    }

    /**
     * Lets a parameter start from normal values of mean 0.
     *
     * @param name the parameter's name in the network, on which the values depend
     * @param parameter of any shape, not initialised yet
     * @param deviation the standard deviation of the values
     */
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
     * Lets a weight start from uniform values within +-sqrt(3 / fan-in), as torchvision's feature
     * pyramid does.
     *
     * @param name the parameter's name in the network, on which the values depend
     * @param parameter a convolution's weight [out, in, kh, kw], not initialised yet
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
     * Lets a parameter start from uniform values within +-1 / sqrt(fan-in), as torch.nn.Linear
     * does.
     *
     * @param name the parameter's name in the network, on which the values depend
     * @param parameter a fully connected layer's weight or bias, not initialised yet
     * @param fanIn the number of the layer's inputs, 1 or more
     */
    public void linear(String name, Parameter parameter, long fanIn) {
        parameter.setInitializer(
                (manager, shape, type) -> {
                    SplittableRandom random = random(name);
                    double bound = 1 / Math.sqrt(fanIn);
                    return filled(manager, shape, () -> bound * (2 * random.nextDouble() - 1));
                });
    }

    /**
     * Lets every element of a parameter start from the same value.
     *
     * @param parameter of any shape, not initialised yet
     * @param value rounded to float32
     */
    public void constant(Parameter parameter, double value) {
        parameter.setInitializer((manager, shape, type) -> filled(manager, shape, () -> value));
    }

    /**
     * {@return a stream whose start mixes the seed with every character of the name, so that no two
     * parameters draw the same values}
     */
    private SplittableRandom random(String name) {
        long state = seed;
        for (int i = 0; i < name.length(); i++) {
            state = new SplittableRandom(state + name.charAt(i)).nextLong();
        }
        return new SplittableRandom(state);
    }

    private static NDArray filled(NDManager manager, Shape shape, DoubleSupplier values) {
        return EngineBridge.of(manager)
                .create(
                        manager,
                        shape,
                        room -> {
                            for (int i = 0; i < room.capacity(); i++) {
                                room.put(i, (float) values.getAsDouble());
                            }
                        });
    }
}
