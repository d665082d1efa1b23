package dev.fern.backbone.winograd;

import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.winograd.Transforms.Transform;
import java.nio.FloatBuffer;

/** Transforms the weights of a convolution and their gradient. */
public final class WeightSquares {

    private static final int TAPS = 3;

    /** How many input channels are transformed at a time. */
    private static final int ROWS = 4;

    private WeightSquares() {}

    /**
     * Transforms weights.
     *
     * @param taps [3, 3, inputs, outputs]
     * @param products receives [36, inputs, outputs]
     * @param inputs channels of the map that comes in
     * @param outputs channels of the map that goes out
     */
    public static void transform(FloatBuffer taps, FloatBuffer products, int inputs, int outputs) {
        transform(
                Transforms::weights,
                TAPS,
                taps,
                SquareGrid.PRODUCT_SIDE,
                products,
                inputs,
                outputs);
    }

    /**
     * Turns the gradient of transformed weights into that of the weights.
     *
     * @param products [36, inputs, outputs]
     * @param taps receives [3, 3, inputs, outputs]
     * @param inputs channels of the map that comes in
     * @param outputs channels of the map that goes out
     */
    public static void gradient(FloatBuffer products, FloatBuffer taps, int inputs, int outputs) {
        transform(
                Transforms::weightsGradient,
                SquareGrid.PRODUCT_SIDE,
                products,
                TAPS,
                taps,
                inputs,
                outputs);
    }

    /** Transforms [side, side, inputs, outputs] to [resultSide, resultSide, inputs, outputs]. */
    private static void transform(
            Transform transform,
            int side,
            FloatBuffer source,
            int resultSide,
            FloatBuffer target,
            int inputs,
            int outputs) {
        int all = inputs * outputs;
        int parts = (inputs + ROWS - 1) / ROWS;
        Parallel.forRows(
                parts,
                (long) SquareGrid.PRODUCTS * ROWS * outputs,
                (first, end) -> {
                    int size = ROWS * outputs;
                    float[][] x = new float[side * side][size];
                    float[][] between = new float[resultSide * side][size];
                    float[][] y = new float[resultSide * resultSide][size];
                    for (int part = first; part < end; part++) {
                        int at = part * size;
                        int count = Math.min(size, all - at);
                        for (int k = 0; k < x.length; k++) {
                            source.get(k * all + at, x[k], 0, count);
                        }
                        Transforms.square(transform, side, resultSide, x, between, y, count);
                        for (int k = 0; k < y.length; k++) {
                            target.put(k * all + at, y[k], 0, count);
                        }
                    }
                });
    }
}
