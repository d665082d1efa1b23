package dev.fern.backbone.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.HostFunctions;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A block's parameters once more: the same values in the same memory, but with gradients of their
 * own, so that threads can compute gradients beside each other.
 */
public final class ParameterReplica extends ParameterStore {

    private final Map<Parameter, Replica> replicas = new IdentityHashMap<>();

    /**
     * A parameter's values, and the gradient that every backward pass writes anew; null if it is
     * not trained.
     */
    private record Replica(NDArray values, NDArray gradient) {}

    /**
     * Makes a replica. What is not trained is in it too: MXNet notes in an array that it is on a
     * tape, and each thread has a tape of its own.
     *
     * @param block initialised, on MXNet; its parameters must be {@linkplain HostFunctions#supports
     *     supported}
     * @param manager owns the replica's gradients; it must be closed before the parameters are
     */
    public ParameterReplica(Block block, NDManager manager) {
        super(manager, false);
        for (Parameter parameter : NamedParameters.of(block).values()) {
            NDArray shared = HostFunctions.share(parameter.getArray(), manager);
            if (parameter.requiresGradient()) {
                shared.setRequiresGradient(true);
            }
            replicas.put(
                    parameter,
                    new Replica(
                            shared, parameter.requiresGradient() ? shared.getGradient() : null));
        }
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        Replica own = replicas.get(parameter);
        return own != null ? own.values : super.getValue(parameter, device, training);
    }

    /** Returns the gradient of a trained parameter, which stays the replica's. */
    public NDArray gradient(Parameter parameter) {
        return replicas.get(parameter).gradient;
    }
}
