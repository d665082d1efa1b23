package dev.fern.backbone.winograd;

import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.winograd.Transforms.Transform;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** An image of a map, [H, W, C], and the squares of one of its strips, [36, squares, C]. */
public final class MapSquares {

    /** What a map is to the convolution. */
    public enum Role {
        /**
         * The input, which {@link #fill} transforms, or its gradient, to which {@link #add} adds.
         */
        INPUT(SquareGrid.PRODUCT_SIDE, Transforms::input, Transforms::addInputGradient),
        /**
         * The output, to which {@link #add} adds, or its gradient, which {@link #fill} transforms.
         */
        OUTPUT(SquareGrid.SIDE, Transforms::outputGradient, Transforms::addOutput);

        /** Places along a side of the squares of the map. */
        private final int side;

        private final Transform filling;
        private final Transform adding;

        Role(int side, Transform filling, Transform adding) {
            this.side = side;
            this.filling = filling;
            this.adding = adding;
        }
    }

    private static final int PRODUCT_SIDE = SquareGrid.PRODUCT_SIDE;

    /** Some squares are transformed together, so that their vectors have about so many numbers. */
    private static final int BLOCK = 1024;

    private final SquareGrid grid;
    private final Role role;
    private final FloatBuffer map;
    private final FloatBuffer squares;
    private final int channels;
    private final int side;

    /** Places by which squares reach beyond their own 4x4, on each side. */
    private final int margin;

    /** Numbers in a row of the map, with what squares reach beyond it. */
    private final int line;

    /** Numbers in a row of squares, for one of the 36 products. */
    private final int row;

    /**
     * Pairs a map with memory for its squares.
     *
     * @param grid of the map
     * @param role of the map
     * @param map [H, W, C]
     * @param squares [36, squares of a strip, C]
     * @param channels C
     */
    public MapSquares(
            SquareGrid grid, Role role, FloatBuffer map, FloatBuffer squares, int channels) {
        this.grid = grid;
        this.role = role;
        this.map = map;
        this.squares = squares;
        this.channels = channels;
        side = role.side;
        margin = (side - SquareGrid.SIDE) / 2;
        line = (grid.across() * SquareGrid.SIDE + 2 * margin) * channels;
        row = grid.across() * channels;
    }

    /**
     * Fills the squares from a strip of the map; places beyond the map are zero.
     *
     * @param strip which one
     */
    public void fill(int strip) {
        Parallel.forRows(
                grid.stripRows(),
                (long) SquareGrid.PRODUCTS * row,
                (from, to) -> {
                    int together = Math.max(1, BLOCK / channels);
                    int block = together * channels;
                    float[][] lines = new float[side][line];
                    float[][] x = new float[side * side][block];
                    float[][] between = new float[PRODUCT_SIDE * side][block];
                    float[][] y = new float[SquareGrid.PRODUCTS][block];
                    for (int r = from; r < to; r++) {
                        read(strip * grid.stripRows() + r, lines);
                        for (int q = 0; q < grid.across(); q += together) {
                            int end = Math.min(q + together, grid.across());
                            int count = (end - q) * channels;
                            for (int n = q; n < end; n++) {
                                exchange(lines, n, x, n - q, false);
                            }
                            Transforms.square(
                                    role.filling, side, PRODUCT_SIDE, x, between, y, count);
                            for (int k = 0; k < SquareGrid.PRODUCTS; k++) {
                                squares.put(at(k, r, q), y[k], 0, count);
                            }
                        }
                    }
                });
    }

    /**
     * Adds what a strip is transformed to.
     *
     * @param strip which one
     * @param offsets what each row of an output holds before; null for what is there
     */
    public void add(int strip, float[] offsets) {
        int phases = margin == 0 ? 1 : 2; // neighbours with a margin add to the same places
        for (int phase = 0; phase < phases; phase++) {
            int first = phase;
            Parallel.forRows(
                    (grid.stripRows() - phase + phases - 1) / phases,
                    (long) SquareGrid.PRODUCTS * row,
                    (from, to) -> {
                        float[][] x = new float[SquareGrid.PRODUCTS][channels];
                        float[][] between = new float[PRODUCT_SIDE * side][channels];
                        float[][] y = new float[side * side][channels];
                        float[][] lines = new float[side][line];
                        for (int part = from; part < to; part++) {
                            int r = first + part * phases;
                            if (offsets == null) {
                                read(strip * grid.stripRows() + r, lines);
                            } else {
                                for (float[] values : lines) {
                                    System.arraycopy(offsets, 0, values, 0, offsets.length);
                                }
                            }
                            for (int q = 0; q < grid.across(); q++) {
                                for (int k = 0; k < SquareGrid.PRODUCTS; k++) {
                                    squares.get(at(k, r, q), x[k], 0, channels);
                                }
                                exchange(lines, q, y, 0, false);
                                addSquare(x, between, y);
                                exchange(lines, q, y, 0, true);
                            }
                            write(strip * grid.stripRows() + r, lines);
                        }
                    });
        }
    }

    private void addSquare(float[][] x, float[][] between, float[][] y) {
        for (float[] values : between) {
            Arrays.fill(values, 0);
        }
        for (int i = 0; i < PRODUCT_SIDE; i++) {
            role.adding.apply(x, i * PRODUCT_SIDE, 1, between, i * side, 1, channels);
        }
        for (int k = 0; k < side; k++) {
            role.adding.apply(between, k, side, y, k, side, channels);
        }
    }

    /** Returns where a product of a square lies. */
    private int at(int product, int squareRow, int square) {
        return (product * grid.stripRows() + squareRow) * row + square * channels;
    }

    /**
     * Copies a square of the map.
     *
     * @param lines rows of the map
     * @param square which one of them
     * @param places a vector for each place of the square
     * @param n which one the square is in these vectors
     * @param back whether to copy to the rows rather than from them
     */
    private void exchange(float[][] lines, int square, float[][] places, int n, boolean back) {
        for (int i = 0; i < side; i++) {
            for (int k = 0; k < side; k++) {
                int at = (square * SquareGrid.SIDE + k) * channels;
                float[] place = places[i * side + k];
                if (back) {
                    System.arraycopy(place, n * channels, lines[i], at, channels);
                } else {
                    System.arraycopy(lines[i], at, place, n * channels, channels);
                }
            }
        }
    }

    private void read(int squareRow, float[][] lines) {
        int width = grid.width() * channels;
        for (int k = 0; k < side; k++) {
            int y = squareRow * SquareGrid.SIDE - margin + k;
            int at = margin * channels;
            if (y >= 0 && y < grid.height()) {
                map.get(y * width, lines[k], at, width);
            } else {
                Arrays.fill(lines[k], at, at + width, 0);
            }
        }
    }

    private void write(int squareRow, float[][] lines) {
        int width = grid.width() * channels;
        for (int k = 0; k < side; k++) {
            int y = squareRow * SquareGrid.SIDE - margin + k;
            if (y >= 0 && y < grid.height()) {
                map.put(y * width, lines[k], margin * channels, width);
            }
        }
    }

    /**
     * Adds the sum of each channel over the strip of an output's gradient. The second row of A adds
     * up, so that the product of this row by itself is the sum of a square.
     *
     * @param sums one per channel
     */
    public void addSums(double[] sums) {
        int product = PRODUCT_SIDE + 1;
        float[] values = new float[grid.stripRows() * row];
        squares.get(product * grid.stripRows() * row, values);
        for (int at = 0; at < values.length; at += channels) {
            for (int c = 0; c < channels; c++) {
                sums[c] += values[at + c];
            }
        }
    }
}
