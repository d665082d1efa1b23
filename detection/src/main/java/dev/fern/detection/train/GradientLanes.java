package dev.fern.detection.train;

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
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Splits the images of a batch among threads, each with gradients of its own, which are added up in
 * a fixed order: the same sum as that of accumulated smaller batches. For networks in which no norm
 * mixes images.
 */
final class GradientLanes implements AutoCloseable {

    private final ParameterStore whole;
    private final SgdOptimizer optimizer;
    private final NDManager manager;
    private final List<ParameterReplica> replicas = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> parameters;

    /**
     * Forward pass, loss and backward pass of a run of a batch's images.
     *
     * @param <L> the loss
     */
    @FunctionalInterface
    interface Pass<L> {
        /**
         * Computes the loss, the mean over the images, and leaves its gradients, if it is finite,
         * with the parameters of the store.
         *
         * @param first the first image's index
         * @param end the index after the last image's
         */
        L run(ParameterStore parameters, int first, int end);
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
     * @param lanes how many threads; 1 for the calling one
     */
    GradientLanes(
            Block network,
            NDManager owner,
            ParameterStore whole,
            SgdOptimizer optimizer,
            int lanes) {
        this.whole = whole;
        this.optimizer = optimizer;
        parameters = parameters(network);
        manager = owner.newSubManager();
        threads = new EngineThreads(lanes);
        for (int i = 0; lanes > 1 && i < lanes; i++) {
            replicas.add(new ParameterReplica(network, manager));
        }
    }

    private static List<NDArray> parameters(Block network) {
        return NamedParameters.of(network).values().stream().map(Parameter::getArray).toList();
    }

    /**
     * Returns how many threads may compute gradients of a network beside each other.
     *
     * @param batchIndependent whether no norm of it mixes images
     * @param owner of the network's parameters
     */
    static int available(Block network, boolean batchIndependent, NDManager owner) {
        boolean supported = parameters(network).stream().allMatch(HostFunctions::supports);
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
    <L> List<Part<L>> accumulate(int images, Pass<L> pass, Predicate<L> isFinite) {
        int count = Math.min(replicas.size(), images);
        if (count < 2) {
            Part<L> part = new Part<>(pass.run(whole, 0, images), 0, images);
            if (isFinite.test(part.loss)) {
                optimizer.accumulate(images);
            }
            return List.of(part);
        }
        // lays weights out in C order, which threads must not do beside each other
        parameters.forEach(HostFunctions::floats);
        List<Supplier<Part<L>>> tasks = new ArrayList<>();
        for (int w = 0; w < count; w++) {
            ParameterReplica replica = replicas.get(w);
            int first = images * w / count;
            int end = images * (w + 1) / count;
            tasks.add(() -> new Part<>(pass.run(replica, first, end), first, end));
        }
        List<Part<L>> parts = threads.run(tasks);
        if (parts.stream().allMatch(part -> isFinite.test(part.loss))) {
            for (int w = 0; w < count; w++) {
                Part<L> part = parts.get(w);
                optimizer.accumulate(part.end - part.first, replicas.get(w));
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
