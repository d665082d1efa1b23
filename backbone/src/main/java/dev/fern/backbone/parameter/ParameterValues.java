package dev.fern.backbone.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Copies values out of and into the parameters of a block. */
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
            requireShape(entry.getKey(), value, entry.getValue().getArray().getShape().getShape());
        }
        for (String name : values.keySet()) {
            if (!parameters.containsKey(name)) {
                throw new IllegalArgumentException(
                        "parameter " + name + " has no place in the network");
            }
        }
        parameters.forEach(
                (name, parameter) ->
                        EngineBridge.of(parameter.getArray())
                                .set(
                                        parameter.getArray(),
                                        FloatBuffer.wrap(values.get(name).data())));
    }

    /**
     * Makes a block's initialisation give it stored values. Each is held against the block's shape
     * before memory is taken for it, so that no more is taken than the stored ones fill; the
     * initialisation throws an IllegalArgumentException naming the first of another shape.
     *
     * @param block not initialised yet
     * @param values one for each parameter; no others
     * @throws IllegalArgumentException naming the first parameter that is missing or left over
     */
    public static void initializeWith(Block block, Map<String, Tensor> values) {
        Map<String, Parameter> parameters = NamedParameters.of(block);
        for (String name : values.keySet()) {
            if (!parameters.containsKey(name)) {
                throw new IllegalArgumentException(
                        "parameter " + name + " has no place in the network");
            }
        }
        parameters.forEach(
                (name, parameter) -> {
                    Tensor value = values.get(name);
                    if (value == null) {
                        throw new IllegalArgumentException("parameter " + name + " is missing");
                    }
                    parameter.setInitializer(
                            (owner, shape, type) -> {
                                requireShape(name, value, shape.getShape());
                                return EngineBridge.of(owner).create(owner, value.data(), shape);
                            });
                });
    }

    private static void requireShape(String name, Tensor value, long[] shape) {
        if (!Arrays.equals(shape, value.shape())) {
            throw new IllegalArgumentException(
                    "parameter "
                            + name
                            + " has shape "
                            + Arrays.toString(value.shape())
                            + " where the network has "
                            + Arrays.toString(shape));
        }
    }
}
