package dev.fern.backbone.parameter;

import java.util.Arrays;

/**
 * Float values with a shape, independent of any engine. The array is shared, not copied.
 *
 * @param shape the sides, none negative; empty for a single number
 * @param data the values in C order, as many as the shape has places
 */
public record Tensor(long[] shape, float[] data) {

    /**
     * Checks that there are as many values as the shape has places.
     *
     * @param shape kept, not copied
     * @param data kept, not copied
     * @throws IllegalArgumentException if the numbers differ or a side is negative
     */
    public Tensor {
        if (size(shape) != data.length) {
            throw new IllegalArgumentException(
                    "shape "
                            + Arrays.toString(shape)
                            + " does not hold "
                            + data.length
                            + " values");
        }
    }

    /**
     * {@return the number of elements of a shape}
     *
     * @throws IllegalArgumentException if a side is negative or the number does not fit a long
     */
    static long size(long[] shape) {
        long size = 1;
        for (long side : shape) {
            if (side < 0 || Math.multiplyHigh(size, side) != 0 || size * side < 0) {
                throw new IllegalArgumentException("impossible shape " + Arrays.toString(shape));
            }
            size *= side;
        }
        return size;
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
