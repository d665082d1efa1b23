package dev.fern.backbone.parameter;

import java.util.Arrays;

/**
 * Float values with a shape, independent of any engine. The array is shared, not copied.
 *
 * @param shape sides, none negative; empty for a single number
 * @param data the values in C order
 */
public record Tensor(long[] shape, float[] data) {

    /** Checks that the shape and the number of values agree. */
    public Tensor {
        long size = 1;
        for (long side : shape) {
            size = Math.multiplyExact(size, side);
        }
        if (size != data.length) {
            throw new IllegalArgumentException(
                    "shape " + Arrays.toString(shape) + " does not hold " + data.length);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that
                && Arrays.equals(shape, that.shape)
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
