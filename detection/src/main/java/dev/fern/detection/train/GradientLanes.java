package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterReplica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Splits the images of a batch among threads or devices, each with gradients of its own, which are
 * added up in a fixed order: the same sum as that of accumulated smaller batches. For networks in
 * which no norm mixes images.
 *
 * @param <S> what computes the gradients of a part
 */
public final class GradientLanes<S> implements AutoCloseable {

    private final EngineBridge engine;
    private final SgdOptimizer optimizer;
    private final NDManager manager;

    /** Computes the gradients of the first images, with the network's own parameters. */
    private final S first;

    private final List<Lane<S>> others = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> parameters;

    /** What computes gradients of other images, with a replica of the parameters. */
    private record Lane<S>(ParameterReplica parameters, S step) {}

    /**
     * A run of images of a batch.
     *
     * @param <L> the loss
     * @param loss the mean over these images
     * @param first the first image's index
     * @param end the index after the last image's
     */
    public record Part<L>(L loss, int first, int end) {

        /** Returns how many images these are. */
        public int images() {
            return end - first;
        }
    }

    /**
     * Computes the gradients of a run of a batch's images.
     *
     * @param <S> by what it is computed
     * @param <L> the loss
     */
    @FunctionalInterface
    public interface Pass<S, L> {
        /**
         * Computes the loss, the mean over the images, and leaves its gradients, if it is finite,
         * with the parameters of the step.
         *
         * @param first the first image's index
         * @param end the index after the last image's
         */
        L run(S step, int first, int end);
    }

    /**
     * Prepares the threads.
     *
     * @param network initialised
     * @param owner of the network's parameters
     * @param own the network's own parameters
     * @param optimizer takes the gradients
     * @param devices where each thread computes, the network's device first; a single one for the
     *     calling thread
     * @param steps makes what computes gradients of parameters, on the device of a manager
     */
    public GradientLanes(
            Block network,
            NDManager owner,
            ParameterStore own,
            SgdOptimizer optimizer,
            List<Device> devices,
            BiFunction<ParameterStore, NDManager, S> steps) {
        first = steps.apply(own, owner);
        engine = EngineBridge.of(owner);
        this.optimizer = optimizer;
        parameters = parameters(network);
        manager = owner.newSubManager();
        threads = new EngineThreads(engine, devices.size());
        for (Device device : devices.subList(1, devices.size())) {
            NDManager its = manager.newSubManager(device);
            ParameterReplica replica = new ParameterReplica(network, its);
            others.add(new Lane<>(replica, steps.apply(replica, its)));
        }
    }

    private static List<NDArray> parameters(Block network) {
        return NamedParameters.of(network).values().stream().map(Parameter::getArray).toList();
    }

    /**
     * Returns where to compute the parts of a batch: on the devices of a training or, on a single
     * one, by as many threads as are of use.
     *
     * @param batchIndependent whether no norm of the network mixes images
     * @param owner of the network's parameters
     * @param batchSize images of a batch, no fewer than parts
     */
    public static List<Device> lanes(
            List<Device> devices,
            Block network,
            boolean batchIndependent,
            NDManager owner,
            int batchSize) {
        List<Device> lanes =
                devices.size() == 1
                        ? Collections.nCopies(
                                available(network, batchIndependent, owner), devices.get(0))
                        : devices;
        return lanes.subList(0, Math.min(batchSize, lanes.size()));
    }

    /**
     * Returns how many threads may compute gradients of a network beside each other.
     *
     * @param batchIndependent whether no norm of it mixes images
     * @param owner of the network's parameters
     */
    static int available(Block network, boolean batchIndependent, NDManager owner) {
        EngineBridge engine = EngineBridge.of(owner);
        boolean supported = parameters(network).stream().allMatch(engine::lendsMemory);
        return supported && batchIndependent ? engine.lanes() : 1;
    }

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param images how many there are
     * @param isFinite whether a loss is finite
     * @return the losses of the batch's parts, in order
     */
    public <L> List<Part<L>> accumulate(int images, Pass<S, L> pass, Predicate<L> isFinite) {
        int count = Math.min(1 + others.size(), images);
        List<Part<L>> parts =
                count == 1 ? List.of(part(pass, 0, 1, images)) : parts(pass, count, images);
        if (parts.stream().allMatch(part -> isFinite.test(part.loss()))) {
            optimizer.accumulate(parts.get(0).images());
            for (int i = 1; i < count; i++) {
                optimizer.accumulate(parts.get(i).images(), others.get(i - 1).parameters);
            }
        }
        return parts;
    }

    private <L> List<Part<L>> parts(Pass<S, L> pass, int count, int images) {
        // lays weights out in C order, which threads must not do beside each other
        parameters.stream().filter(engine::lendsMemory).forEach(engine::floats);
        List<Supplier<Part<L>>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            tasks.add(() -> part(pass, index, count, images));
        }
        return threads.run(tasks);
    }

    /** Computes one of several parts of a batch. */
    private <L> Part<L> part(Pass<S, L> pass, int index, int count, int images) {
        S step = first;
        if (index > 0) {
            Lane<S> lane = others.get(index - 1);
            lane.parameters.refresh();
            step = lane.step;
        }
        int from = images * index / count;
        int end = images * (index + 1) / count;
        return new Part<>(pass.run(step, from, end), from, end);
    }

    @Override
    public void close() {
        threads.close();
        manager.close();
    }
}
