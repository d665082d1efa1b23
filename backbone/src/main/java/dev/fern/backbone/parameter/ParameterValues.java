package dev.fern.backbone.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.HostFunctions;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Copies values out of and into the parameters of an initialised block. */
public final class ParameterValues {

    private ParameterValues() {}

    /** Returns a copy of every parameter's values under the names of {@link NamedParameters}. */
    public static Map<String, Tensor> copyOf(Block block) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            NDArray array = parameter.getArray();
                            values.put(
                                    name,
                                    new Tensor(array.getShape().getShape(), array.toFloatArray()));
                        });
        return values;
    }

    /**
     * Sets every parameter.
     *
     * @param values one for each parameter, of its shape; no others
     * @throws IllegalArgumentException naming the first parameter that is missing, left over or of
     *     another shape; nothing is set then
     */
    public static void assign(Block block, Map<String, Tensor> values) {
        Map<String, Parameter> parameters = NamedParameters.of(block);
        for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
            Tensor value = values.get(entry.getKey());
            if (value == null) {
                throw new IllegalArgumentException("parameter " + entry.getKey() + " is missing");
            }
            long[] shape = entry.getValue().getArray().getShape().getShape();
            if (!Arrays.equals(shape, value.shape())) {
                throw new IllegalArgumentException(
                        "parameter "
                                + entry.getKey()
                                + " has shape "
                                + Arrays.toString(value.shape())
                                + " where the network has "
                                + Arrays.toString(shape));
            }
        }
        for (String name : values.keySet()) {
            if (!parameters.containsKey(name)) {
                throw new IllegalArgumentException(
                        "parameter " + name + " has no place in the network");
            }
        }
        parameters.forEach((name, parameter) -> set(parameter.getArray(), values.get(name).data()));
    }

    /**
     * MXNet can't set an array that it has laid out anew for inference, as it does with weights.
     */
    private static void set(NDArray array, float[] values) {
        if (HostFunctions.hasFloats(array)) {
            HostFunctions.floats(array).put(0, values);
        } else {
            array.set(FloatBuffer.wrap(values));
        }
    }
}
