package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.Parallel;

/**
 * Values of a network's outputs, [N, H, W, C], whatever the layout in which they are computed: maps
 * have it, and arrays of an engine, [N, C, H, W], are transposed.
 */
public final class ChannelsLast {

    private ChannelsLast() {}

    /**
     * {@return a copy of an output's values}
     *
     * @param output a map, or an array of an engine, [N, C, H, W] or [N, C]
     */
    public static float[] copyOf(NDArray output) {
        if (output instanceof MapArray map) {
            return map.tape().channelsLast(map);
        }
        float[] values = EngineBridge.of(output).copy(output);
        Shape shape = output.getShape();
        return transposed(values, shape, channels(shape), places(shape));
    }

    /**
     * {@return an array of an engine with given values}
     *
     * @param manager owns the result
     * @param values [N, H, W, C]
     * @param shape [N, C, H, W] or [N, C]
     */
    public static NDArray toEngine(NDManager manager, float[] values, Shape shape) {
        return EngineBridge.of(manager)
                .create(manager, transposed(values, shape, places(shape), channels(shape)), shape);
    }

    private static int channels(Shape shape) {
        return Math.toIntExact(shape.get(1));
    }

    private static int places(Shape shape) {
        return Math.toIntExact(shape.slice(2).size());
    }

    /** Returns each image's matrix transposed. */
    private static float[] transposed(float[] values, Shape shape, int rows, int columns) {
        if (rows == 1 || columns == 1) {
            return values;
        }
        float[] result = new float[values.length];
        Parallel.forRows(
                Math.toIntExact(shape.get(0)) * columns,
                rows,
                (from, to) -> {
                    for (int line = from; line < to; line++) {
                        int column = line % columns;
                        int first = line / columns * columns * rows;
                        for (int row = 0; row < rows; row++) {
                            result[line * rows + row] = values[first + row * columns + column];
                        }
                    }
                });
        return result;
    }
}
