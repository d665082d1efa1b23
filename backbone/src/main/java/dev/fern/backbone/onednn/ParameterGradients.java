package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Where backward passes leave the gradients of parameters: with the engine's arrays. */
public final class ParameterGradients {

    private final Map<NDArray, FloatBuffer> memory = new IdentityHashMap<>();
    private final Set<NDArray> filled = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * Prepares for the gradients of parameters.
     *
     * @param parameters that are trained, as blocks find them in their store
     */
    public ParameterGradients(Iterable<NDArray> parameters) {
        for (NDArray parameter : parameters) {
            memory.put(parameter, EngineBridge.of(parameter).gradient(parameter));
        }
    }

    /** Lets the gradients that come next replace those of before, rather than add to them. */
    public void clear() {
        filled.clear();
    }

    /** Makes the gradients zero that no pass has filled. */
    public void finish() {
        memory.forEach(
                (parameter, gradient) -> {
                    if (filled.add(parameter)) {
                        for (int i = 0; i < gradient.capacity(); i++) {
                            gradient.put(i, 0);
                        }
                    }
                });
    }

    boolean wants(NDArray parameter) {
        return memory.containsKey(parameter);
    }

    /** {@return the memory of a gradient, direct} */
    FloatBuffer of(NDArray parameter) {
        return memory.get(parameter);
    }

    /** {@return whether a gradient is to be written anew; from now on it is added to} */
    boolean isFirst(NDArray parameter) {
        return filled.add(parameter);
    }

    /** Adds to a gradient. */
    void add(NDArray parameter, double[] terms) {
        FloatBuffer sums = memory.get(parameter);
        if (sums == null) {
            return;
        }
        boolean first = isFirst(parameter);
        for (int i = 0; i < terms.length; i++) {
            sums.put(i, (float) (first ? terms[i] : sums.get(i) + terms[i]));
        }
    }
}
