package dev.fern.backbone.parameter;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Float32 tensors by name, of which each is read by itself, so that not all need memory. */
public interface TensorSource {

    /** {@return the sides of each tensor by its name} */
    Map<String, long[]> shapes();

    /**
     * Reads a tensor.
     *
     * @param name one of {@link #shapes()}
     * @param target receives the values in C order, and has as much room; its position does not
     *     move
     * @throws java.io.UncheckedIOException if the values can't be read; its cause says why
     */
    void read(String name, FloatBuffer target);

    /**
     * {@return all tensors by name, in the order of {@link #shapes()}}
     *
     * @throws java.io.UncheckedIOException if values can't be read; its cause says why
     */
    default Map<String, Tensor> readAll() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        shapes().forEach(
                        (name, shape) -> {
                            float[] data = new float[Math.toIntExact(Tensor.size(shape))];
                            read(name, FloatBuffer.wrap(data));
                            tensors.put(name, new Tensor(shape, data));
                        });
        return tensors;
    }

    /**
     * {@return a source of tensors that are in memory}
     *
     * @param tensors by name
     */
    static TensorSource of(Map<String, Tensor> tensors) {
        return new TensorSource() {
            @Override
            public Map<String, long[]> shapes() {
                Map<String, long[]> shapes = new LinkedHashMap<>();
                tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
                return shapes;
            }

            @Override
            public void read(String name, FloatBuffer target) {
                target.duplicate().put(tensors.get(name).data());
            }
        };
    }
}
