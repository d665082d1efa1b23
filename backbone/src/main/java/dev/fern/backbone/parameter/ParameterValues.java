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

    /**
     * {@return a copy of every parameter's values under the names of {@link NamedParameters}}
     *
     * @param block initialised, on any device
     */
    public static Map<String, Tensor> copyOf(Block block) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            NDArray array = parameter.getArray();
                            values.put(
                                    name,
                                    new Tensor(
                                            array.getShape().getShape(),
                                            EngineBridge.of(array).copy(array)));
                        });
        return values;
    }

    /**
     * Sets every parameter.
     *
     * @param block initialised, on any device
     * @param values one for each parameter, of its shape, under the names of {@link
     *     NamedParameters}; no others
     * @throws IllegalArgumentException if a parameter is missing, left over or of another shape;
     *     the message names the first one, and none has been set
     */
    public static void assign(Block block, Map<String, Tensor> values) {
        Map<String, Parameter> parameters = NamedParameters.of(block);
        for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
            Tensor value = values.get(entry.getKey());
            if (value == null) {
                throw new IllegalArgumentException("parameter " + entry.getKey() + " is missing");
            }
            requireShape(
                    entry.getKey(),
                    value.shape(),
                    entry.getValue().getArray().getShape().getShape());
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
     * Lets a block start from stored values. Its initialisation compares the shape of each with the
     * network's before it takes memory, so that a network never takes more memory than the stored
     * values fill; it throws an IllegalArgumentException that names the first parameter of another
     * shape.
     *
     * @param block not initialised yet
     * @param values one for each parameter, under the names of {@link NamedParameters}; no others;
     *     read by the block's initialisation
     * @throws IllegalArgumentException if a parameter is missing or left over; the message names
     *     the first one
     */
    public static void initializeWith(Block block, TensorSource values) {
        Map<String, Parameter> parameters = NamedParameters.of(block);
        Map<String, long[]> shapes = values.shapes();
        for (String name : shapes.keySet()) {
            if (!parameters.containsKey(name)) {
                throw new IllegalArgumentException(
                        "parameter " + name + " has no place in the network");
            }
        }
        parameters.forEach(
                (name, parameter) -> {
                    long[] stored = shapes.get(name);
                    if (stored == null) {
                        throw new IllegalArgumentException("parameter " + name + " is missing");
                    }
                    parameter.setInitializer(
                            (owner, shape, type) -> {
                                requireShape(name, stored, shape.getShape());
                                return EngineBridge.of(owner)
                                        .create(owner, shape, room -> values.read(name, room));
                            });
                });
    }

    private static void requireShape(String name, long[] stored, long[] shape) {
        if (!Arrays.equals(shape, stored)) {
            throw new IllegalArgumentException(
                    "parameter "
                            + name
                            + " has shape "
                            + Arrays.toString(stored)
                            + " where the network has "
                            + Arrays.toString(shape));
        }
    }
}
