package dev.fern.tools.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineStart;
import dev.fern.backbone.host.HostFunctions;
import dev.fern.backbone.norm.Activation;
import dev.fern.backbone.norm.FilterResponseBlock;
import dev.fern.backbone.norm.Normalizations;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** A random map with the normalisers that are to be timed on it, forward and backward. */
final class NormWorkload implements AutoCloseable {

    private final NDManager manager;
    private final ParameterStore parameters;
    private final NDArray x;
    private final NDArray gradient;
    private final float[] values;
    private final float[] copied;
    private final Shape shape;

    /** What makes an output of x. */
    @FunctionalInterface
    private interface Forward {
        NDArray apply(NDList x);
    }

    /**
     * @param shape [N, C, H, W]
     */
    NormWorkload(Shape shape, String engine, long seed) {
        this.shape = shape;
        manager = EngineStart.newManager(engine);
        parameters = new ParameterStore(manager, false);
        SplittableRandom random = new SplittableRandom(seed);
        values = new float[Math.toIntExact(shape.size())];
        copied = new float[values.length];
        x = randomArray(random);
        x.setRequiresGradient(true);
        gradient = randomArray(random);
    }

    private NDArray randomArray(SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return manager.create(FloatBuffer.wrap(values), shape);
    }

    /** Returns the tasks by name, FRN + TLU in both ways first. */
    Map<String, Runnable> tasks() {
        FilterResponseBlock frn =
                initialized(
                        new FilterResponseBlock(
                                Math.toIntExact(shape.get(1)), false, false, Activation.TLU));
        Block bn =
                initialized(
                        Normalizations.parse("bn").normActivation(Math.toIntExact(shape.get(1))));
        Map<String, Runnable> tasks = new LinkedHashMap<>();
        if (HostFunctions.supports(x)) {
            tasks.put("FRN + TLU, fused", () -> pass(list -> frn.fused(parameters, list, true)));
        }
        tasks.put(
                "FRN + TLU, operators", () -> pass(list -> frn.operators(parameters, list, true)));
        tasks.put("BN + ReLU", () -> pass(list -> bn.forward(parameters, list, true).get(0)));
        tasks.put("copy", () -> System.arraycopy(values, 0, copied, 0, values.length));
        return tasks;
    }

    private <T extends Block> T initialized(T block) {
        block.initialize(manager, DataType.FLOAT32, shape);
        return block;
    }

    private void pass(Forward forward) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = HostFunctions.newGradientCollector(step)) {
            x.tempAttach(step); // so that all that is made of it goes with the step
            NDArray output = forward.apply(new NDList(x));
            HostFunctions.backward(collector, new NDList(output), new NDList(gradient));
        }
        try (NDArray result = x.getGradient()) {
            result.flatten().getFloat(0); // waits for all of it
        }
        HostFunctions.clearGradient(x);
    }

    @Override
    public void close() {
        manager.close();
    }
}
