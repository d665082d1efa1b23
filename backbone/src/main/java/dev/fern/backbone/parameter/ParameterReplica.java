package dev.fern.backbone.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A block's parameters once more, with gradients of their own, so that threads can compute
 * gradients beside each other: on the parameters' device the same values in the same memory, on
 * another copies. What is not trained is in it too: MXNet notes in an array that it is on a tape,
 * and each thread has a tape of its own.
 */
public final class ParameterReplica extends ParameterStore {

    private final Collection<Parameter> parameters;
    private final NDManager owner;
    private final EngineBridge engine;
    private final Map<Parameter, NDArray> arrays = new IdentityHashMap<>();
    private NDManager manager;

    /**
     * Makes a replica on the device of a manager.
     *
     * @param block initialised; where its parameters are on that device, {@link
     *     EngineBridge#lendsMemory} holds for them
     * @param owner owns the replica's arrays; it must be closed before the parameters are
     */
    public ParameterReplica(Block block, NDManager owner) {
        super(owner, false);
        this.owner = owner;
        engine = EngineBridge.of(owner);
        parameters = NamedParameters.of(block).values();
        make();
    }

    private void make() {
        manager = owner.newSubManager();
        for (Parameter parameter : parameters) {
            NDArray original = parameter.getArray();
            NDArray array =
                    isHere(original)
                            ? engine.share(original, manager)
                            : manager.create(original.toFloatArray(), original.getShape());
            if (parameter.requiresGradient()) {
                array.setRequiresGradient(true);
            }
            arrays.put(parameter, array);
        }
    }

    private boolean isHere(NDArray array) {
        return array.getDevice().equals(owner.getDevice());
    }

    /** Takes the parameters' present values, and drops the gradients, before a backward pass. */
    public void refresh() {
        boolean current =
                parameters.stream()
                        .map(Parameter::getArray)
                        .allMatch(array -> isHere(array) && !engine.addsToGradients());
        if (!current) {
            manager.close();
            arrays.clear();
            make();
        }
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        NDArray own = arrays.get(parameter);
        return own != null ? own : super.getValue(parameter, device, training);
    }

    /** Returns the gradient of a trained parameter, to be closed by the caller. */
    public NDArray gradient(Parameter parameter) {
        return arrays.get(parameter).getGradient();
    }
}
