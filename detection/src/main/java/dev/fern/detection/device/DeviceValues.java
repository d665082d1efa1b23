package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.Tensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A value for every element of some parameters, such as a velocity, in one array on the device.
 *
 * @param shapes of the parameters by name, in the order of the array
 * @param array [the number of elements]
 */
public record DeviceValues(Map<String, long[]> shapes, NDArray array) {

    /**
     * {@return new values}
     *
     * @param manager owns the array
     * @param values by the parameters' names
     */
    static DeviceValues of(NDManager manager, Map<String, Tensor> values) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        values.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        FloatBuffer all = joined(shapes, values);
        return new DeviceValues(
                shapes, EngineBridge.of(manager).create(manager, all, new Shape(all.remaining())));
    }

    private static FloatBuffer joined(Map<String, long[]> shapes, Map<String, Tensor> values) {
        long size = shapes.values().stream().mapToLong(DeviceValues::size).sum();
        FloatBuffer all = FloatBuffer.allocate(Math.toIntExact(size));
        shapes.keySet().forEach(name -> all.put(values.get(name).data()));
        return all.flip();
    }

    private static long size(long[] shape) {
        return new Shape(shape).size();
    }

    /** {@return a copy of the values by the parameters' names, in the parameters' shapes} */
    public Map<String, Tensor> copy() {
        FloatBuffer all = FloatBuffer.wrap(EngineBridge.of(array).copy(array));
        Map<String, Tensor> values = new LinkedHashMap<>();
        shapes.forEach(
                (name, shape) -> {
                    float[] own = new float[Math.toIntExact(size(shape))];
                    all.get(own);
                    values.put(name, new Tensor(shape, own));
                });
        return values;
    }

    /**
     * Sets the values.
     *
     * @param values by the parameters' names, in the parameters' shapes; others are left aside
     */
    public void restore(Map<String, Tensor> values) {
        EngineBridge.of(array).set(array, joined(shapes, values));
    }
}
