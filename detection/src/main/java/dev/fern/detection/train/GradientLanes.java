package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterReplica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Splits the images of a batch among threads or devices. Each has gradients of its own, and they
 * are added up in a fixed order, which gives the sum that accumulated smaller batches have. A batch
 * may only be split for networks in which no norm mixes images.
 *
 * @param <S> what computes the gradients of a part of a batch
 */
public final class GradientLanes<S> implements AutoCloseable {

    private final EngineBridge engine;
    private final SgdOptimizer optimizer;
    private final NDManager manager;

    /** Computes the gradients of the first part, with the network's own parameters. */
    private final S first;

    private final List<Lane<S>> others = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> parameters;

    /** What computes the gradients of another part, with a replica of the parameters. */
    private record Lane<S>(ParameterReplica parameters, S step) {}

    /**
     * A part of a batch: images that follow each other.
     *
     * @param <L> the kind of loss
     * @param loss the mean over these images
     * @param first index in the batch of the first image
     * @param end index after that of the last image
     */
    public record Part<L>(L loss, int first, int end) {

        /** {@return how many images the part has} */
        public int images() {
            return end - first;
        }
    }

    /**
     * Computes the gradients of a part of a batch.
     *
     * @param <S> what computes them
     * @param <L> the kind of loss
     */
    @FunctionalInterface
    public interface Pass<S, L> {
        /**
         * Computes the loss and, if it is finite, leaves its gradients with the parameters of the
         * step. Several threads call at the same time, each with a step of its own.
         *
         * @param step computes the gradients
         * @param first index in the batch of the part's first image
         * @param end index after that of its last image
         * @return the loss, the mean over the part's images
         */
        L run(S step, int first, int end);
    }

    /**
     * Starts the threads.
     *
     * @param network initialised
     * @param owner of the network's parameters
     * @param own where the network finds its own parameters
     * @param optimizer takes the gradients
     * @param devices where each thread computes, at least one: the network's device first, which is
     *     that of the calling thread
     * @param steps makes what computes gradients, from where it finds its parameters and a manager
     *     of the device that they are on
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
     * Chooses where to compute the parts of a batch: on all devices of a training or, on a single
     * one, by as many threads as gain from it.
     *
     * @param devices of the training, at least one
     * @param network initialised
     * @param batchIndependent whether no norm of the network mixes images
     * @param owner of the network's parameters
     * @param batchSize number of images of a full batch; there are no more parts than that
     * @return the device of each part
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
     * {@return how many threads may compute gradients of a network at the same time, at least 1}
     *
     * @param network initialised
     * @param batchIndependent whether no norm of the network mixes images
     * @param owner of the network's parameters
     */
    static int available(Block network, boolean batchIndependent, NDManager owner) {
        EngineBridge engine = EngineBridge.of(owner);
        boolean supported = parameters(network).stream().allMatch(engine::lendsMemory);
        if (!supported || !batchIndependent) {
            return 1;
        }
        return Tape.supports(owner) ? EngineThreads.cores() : engine.lanes();
    }

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param <L> the kind of loss
     * @param images number of images of the batch, at least 1
     * @param pass computes the gradients of a part
     * @param isFinite tells whether a loss is finite
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
        // This lays weights out in C order, which threads must not do at the same time.
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
