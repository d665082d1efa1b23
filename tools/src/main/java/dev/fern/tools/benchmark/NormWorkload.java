package dev.fern.tools.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.norm.Activation;
import dev.fern.backbone.norm.FilterResponseBlock;
import dev.fern.backbone.norm.Normalization;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** A random map with the normalisers that are to be timed on it, forward and backward. */
final class NormWorkload implements AutoCloseable {

    private final NDManager manager;
    private final ParameterStore parameters;
    private final EngineBridge bridge;
    private final NDArray x;
    private final NDArray gradient;
    private final float[] values;
    private final float[] copied;
    private final Shape shape;

    /** Computes an output from an input. */
    @FunctionalInterface
    private interface Forward {
        NDArray apply(NDList x);
    }

    /**
     * Makes a random map.
     *
     * @param shape [N, C, H, W]
     * @param engine DJL's name of the engine
     * @param seed of the values
     */
    NormWorkload(Shape shape, String engine, long seed) {
        this.shape = shape;
        bridge = EngineBridge.of(engine);
        manager = bridge.newManager();
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
        return bridge.create(manager, values, shape);
    }

    /**
     * Returns the wanted tasks, in the order of {@link NormTask}, without the fused function where
     * the engine can't call it.
     */
    Map<NormTask, Runnable> tasks(Set<NormTask> wanted) {
        int channels = Math.toIntExact(shape.get(1));
        FilterResponseBlock frn =
                initialized(new FilterResponseBlock(channels, false, false, Activation.TLU));
        Block bn = initialized(Normalization.parse("bn").normActivation(channels));
        Map<NormTask, Runnable> tasks = new EnumMap<>(NormTask.class);
        if (bridge.supports(x)) {
            tasks.put(NormTask.FUSED, () -> pass(list -> frn.fused(parameters, list, true)));
        }
        tasks.put(NormTask.OPERATORS, () -> pass(list -> frn.operators(parameters, list, true)));
        tasks.put(NormTask.BN, () -> pass(list -> bn.forward(parameters, list, true).get(0)));
        tasks.put(NormTask.COPY, () -> System.arraycopy(values, 0, copied, 0, values.length));
        tasks.keySet().retainAll(wanted);
        return tasks;
    }

    private <T extends Block> T initialized(T block) {
        block.initialize(manager, DataType.FLOAT32, shape);
        return block;
    }

    private void pass(Forward forward) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = bridge.newGradientCollector(step)) {
            x.tempAttach(step); // so that closing the step frees all arrays made from it
            NDArray output = forward.apply(new NDList(x));
            bridge.backward(collector, new NDList(output), new NDList(gradient));
        }
        try (NDArray result = x.getGradient()) {
            bridge.floats(result); // waits until the engine has computed it
        }
        bridge.clearGradient(x);
    }

    @Override
    public void close() {
        manager.close();
    }
}
