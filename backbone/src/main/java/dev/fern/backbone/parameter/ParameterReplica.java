package dev.fern.backbone.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.Tape;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A second set of a block's parameters with gradients of its own, so that several threads can
 * compute gradients at the same time. On the parameters' own device it shares their memory; on
 * another device it holds copies. Untrained parameters are in it too, because MXNet notes in an
 * array that it is on a tape, and each thread has a tape of its own.
 */
public final class ParameterReplica extends ParameterStore {

    private final Collection<Parameter> parameters;
    private final NDManager owner;
    private final EngineBridge engine;
    private final Map<Parameter, NDArray> arrays = new IdentityHashMap<>();

    /** Whether the passes themselves replace gradients. */
    private final boolean staysCurrent;

    private NDManager manager;

    /**
     * Makes a replica on the device of a manager.
     *
     * @param block initialised; those of its parameters that are on that device must {@linkplain
     *     EngineBridge#lendsMemory lend their memory}
     * @param owner owns the replica's arrays; it must be closed before the parameters are
     */
    public ParameterReplica(Block block, NDManager owner) {
        super(owner, false);
        this.owner = owner;
        engine = EngineBridge.of(owner);
        staysCurrent = Tape.supports(owner);
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

    /**
     * Takes over the parameters' present values and drops all gradients. It must be called before
     * each backward pass.
     */
    public void refresh() {
        boolean current =
                parameters.stream()
                        .map(Parameter::getArray)
                        .allMatch(
                                array ->
                                        isHere(array)
                                                && (staysCurrent || !engine.addsToGradients()));
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

    /**
     * {@return the gradient of a parameter in this replica, which the caller closes}
     *
     * @param parameter one of the block's, with a gradient
     */
    public NDArray gradient(Parameter parameter) {
        return arrays.get(parameter).getGradient();
    }
}
