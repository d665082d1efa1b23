package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.host.HostFunctions;
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
final class GradientLanes<S> implements AutoCloseable {

    private final S whole;
    private final SgdOptimizer optimizer;
    private final NDManager manager;
    private final List<Lane<S>> lanes = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> parameters;

    /** What computes gradients of its own. */
    private record Lane<S>(ParameterReplica parameters, S step) {}

    /**
     * Computes the gradients of a run of a batch's images.
     *
     * @param <S> by what it is computed
     * @param <L> the loss
     */
    @FunctionalInterface
    interface Pass<S, L> {
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
     * A run of images of a batch.
     *
     * @param loss the mean over these images
     * @param first the first image's index
     * @param end the index after the last image's
     */
    record Part<L>(L loss, int first, int end) {}

    /**
     * Prepares the threads.
     *
     * @param network initialised
     * @param owner of the network's parameters
     * @param whole where the network finds its parameters when a batch is not split
     * @param optimizer takes the gradients
     * @param devices where each thread computes; one for the calling thread and the network's
     * @param steps makes what computes gradients of parameters, on the device of a manager
     */
    GradientLanes(
            Block network,
            NDManager owner,
            ParameterStore whole,
            SgdOptimizer optimizer,
            List<Device> devices,
            BiFunction<ParameterStore, NDManager, S> steps) {
        this.whole = steps.apply(whole, owner);
        this.optimizer = optimizer;
        parameters = parameters(network);
        manager = owner.newSubManager();
        threads = new EngineThreads(owner.getEngine().getEngineName(), devices.size());
        for (int i = 0; devices.size() > 1 && i < devices.size(); i++) {
            NDManager own = manager.newSubManager(devices.get(i));
            ParameterReplica replica = new ParameterReplica(network, own);
            lanes.add(new Lane<>(replica, steps.apply(replica, own)));
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
    static List<Device> lanes(
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
        boolean supported = parameters(network).stream().allMatch(HostFunctions::hasFloats);
        return supported && batchIndependent
                ? EngineThreads.available(owner.getEngine().getEngineName())
                : 1;
    }

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param images how many there are
     * @param isFinite whether a loss is finite
     * @return the losses of the batch's parts, in order
     */
    <L> List<Part<L>> accumulate(int images, Pass<S, L> pass, Predicate<L> isFinite) {
        int count = Math.min(lanes.size(), images);
        if (count < 2) {
            Part<L> part = new Part<>(pass.run(whole, 0, images), 0, images);
            if (isFinite.test(part.loss)) {
                optimizer.accumulate(images);
            }
            return List.of(part);
        }
        // lays weights out in C order, which threads must not do beside each other
        parameters.stream().filter(HostFunctions::hasFloats).forEach(HostFunctions::floats);
        List<Supplier<Part<L>>> tasks = new ArrayList<>();
        for (int w = 0; w < count; w++) {
            Lane<S> lane = lanes.get(w);
            int first = images * w / count;
            int end = images * (w + 1) / count;
            tasks.add(
                    () -> {
                        lane.parameters.refresh();
                        return new Part<>(pass.run(lane.step, first, end), first, end);
                    });
        }
        List<Part<L>> parts = threads.run(tasks);
        if (parts.stream().allMatch(part -> isFinite.test(part.loss))) {
            for (int w = 0; w < count; w++) {
                Part<L> part = parts.get(w);
                optimizer.accumulate(part.end - part.first, lanes.get(w).parameters);
            }
        }
        return parts;
    }

    @Override
    public void close() {
        threads.close();
        manager.close();
    }
}
