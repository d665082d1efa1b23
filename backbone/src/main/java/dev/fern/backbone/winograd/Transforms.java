package dev.fern.backbone.winograd;

/**
 * The transforms of Winograd's minimal filtering F(4x4, 3x3) and their adjoints (see the package),
 * with the matrices A, B and G of Lavin and Gray. Each function multiplies by one matrix, along one
 * axis. Java 17 makes vector instructions of loops that write one or two arrays, all at the same
 * index, so that each vector is an array of its own and no loop writes more.
 */
final class Transforms {

    private Transforms() {}

    /** One of the functions. */
    @FunctionalInterface
    interface Transform {
        /**
         * Transforms along one axis.
         *
         * @param x the vectors that are read, among others
         * @param from the first of them
         * @param step from one to the next
         * @param y receives the result; other arrays
         * @param to the first that is written
         * @param stride from one to the next
         * @param count numbers of each vector to transform
         */
        void apply(float[][] x, int from, int step, float[][] y, int to, int stride, int count);
    }

    /**
     * Transforms squares along both axes.
     *
     * @param transform along one axis
     * @param side of the squares that are read
     * @param resultSide of those that are written
     * @param x [side, side] vectors
     * @param between [resultSide, side] vectors to work in
     * @param y receives [resultSide, resultSide] vectors
     * @param count numbers of each vector
     */
    static void square(
            Transform transform,
            int side,
            int resultSide,
            float[][] x,
            float[][] between,
            float[][] y,
            int count) {
        for (int k = 0; k < side; k++) {
            transform.apply(x, k, side, between, k, side, count);
        }
        for (int i = 0; i < resultSide; i++) {
            transform.apply(between, i * side, 1, y, i * resultSide, 1, count);
        }
    }

    /** Multiplies by B', from 6 vectors to 6. */
    static void input(float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] x3 = x[from + 3 * step];
        float[] x4 = x[from + 4 * step];
        float[] x5 = x[from + 5 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        float[] y3 = y[to + 3 * stride];
        float[] y4 = y[to + 4 * stride];
        float[] y5 = y[to + 5 * stride];
        for (int i = 0; i < count; i++) {
            y0[i] = 4 * x0[i] - 5 * x2[i] + x4[i];
            y5[i] = 4 * x1[i] - 5 * x3[i] + x5[i];
        }
        for (int i = 0; i < count; i++) {
            float even = x4[i] - 4 * x2[i];
            float odd = x3[i] - 4 * x1[i];
            y1[i] = even + odd;
            y2[i] = even - odd;
        }
        for (int i = 0; i < count; i++) {
            float even = x4[i] - x2[i];
            float odd = 2 * (x3[i] - x1[i]);
            y3[i] = even + odd;
            y4[i] = even - odd;
        }
    }

    /** Multiplies by B, from 6 vectors to 6, and adds the result to y. */
    static void addInputGradient(
            float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] x3 = x[from + 3 * step];
        float[] x4 = x[from + 4 * step];
        float[] x5 = x[from + 5 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        float[] y3 = y[to + 3 * stride];
        float[] y4 = y[to + 4 * stride];
        float[] y5 = y[to + 5 * stride];
        for (int i = 0; i < count; i++) {
            y0[i] += 4 * x0[i];
            y5[i] += x5[i];
        }
        for (int i = 0; i < count; i++) {
            float difference = x1[i] - x2[i];
            float differenceOfTwo = 2 * (x3[i] - x4[i]);
            y1[i] += 4 * (x5[i] - difference) - differenceOfTwo;
            y3[i] += difference + differenceOfTwo - 5 * x5[i];
        }
        for (int i = 0; i < count; i++) {
            float sum = x1[i] + x2[i];
            float sumOfTwo = x3[i] + x4[i];
            y2[i] -= 5 * x0[i] + 4 * sum + sumOfTwo;
            y4[i] += x0[i] + sum + sumOfTwo;
        }
    }

    /** Multiplies by A', from 6 vectors to 4, and adds the result to y. */
    static void addOutput(
            float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] x3 = x[from + 3 * step];
        float[] x4 = x[from + 4 * step];
        float[] x5 = x[from + 5 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        float[] y3 = y[to + 3 * stride];
        for (int i = 0; i < count; i++) {
            float sum = x1[i] + x2[i];
            float sumOfTwo = x3[i] + x4[i];
            y0[i] += x0[i] + sum + sumOfTwo;
            y2[i] += sum + 4 * sumOfTwo;
        }
        for (int i = 0; i < count; i++) {
            float difference = x1[i] - x2[i];
            float differenceOfTwo = x3[i] - x4[i];
            y1[i] += difference + 2 * differenceOfTwo;
            y3[i] += difference + 8 * differenceOfTwo + x5[i];
        }
    }

    /** Multiplies by A, from 4 vectors to 6. */
    static void outputGradient(
            float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] x3 = x[from + 3 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        float[] y3 = y[to + 3 * stride];
        float[] y4 = y[to + 4 * stride];
        float[] y5 = y[to + 5 * stride];
        for (int i = 0; i < count; i++) {
            float even = x0[i] + x2[i];
            float odd = x1[i] + x3[i];
            y1[i] = even + odd;
            y2[i] = even - odd;
        }
        for (int i = 0; i < count; i++) {
            float even = x0[i] + 4 * x2[i];
            float odd = 2 * x1[i] + 8 * x3[i];
            y3[i] = even + odd;
            y4[i] = even - odd;
        }
        System.arraycopy(x0, 0, y0, 0, count);
        System.arraycopy(x3, 0, y5, 0, count);
    }

    /** Multiplies by G, from 3 vectors to 6. */
    static void weights(
            float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        float[] y3 = y[to + 3 * stride];
        float[] y4 = y[to + 4 * stride];
        float[] y5 = y[to + 5 * stride];
        for (int i = 0; i < count; i++) {
            float even = (x0[i] + x2[i]) * (-1 / 6f);
            float odd = x1[i] * (-1 / 6f);
            y1[i] = even + odd;
            y2[i] = even - odd;
        }
        for (int i = 0; i < count; i++) {
            float even = x0[i] * (1 / 24f) + x2[i] * (1 / 6f);
            float odd = x1[i] * (1 / 12f);
            y3[i] = even + odd;
            y4[i] = even - odd;
        }
        for (int i = 0; i < count; i++) {
            y0[i] = x0[i] * (1 / 4f);
            y5[i] = x2[i];
        }
    }

    /** Multiplies by G', from 6 vectors to 3. */
    static void weightsGradient(
            float[][] x, int from, int step, float[][] y, int to, int stride, int count) {
        float[] x0 = x[from];
        float[] x1 = x[from + step];
        float[] x2 = x[from + 2 * step];
        float[] x3 = x[from + 3 * step];
        float[] x4 = x[from + 4 * step];
        float[] x5 = x[from + 5 * step];
        float[] y0 = y[to];
        float[] y1 = y[to + stride];
        float[] y2 = y[to + 2 * stride];
        for (int i = 0; i < count; i++) {
            float sum = (x1[i] + x2[i]) * (-1 / 6f);
            float sumOfTwo = (x3[i] + x4[i]) * (1 / 6f);
            y0[i] = x0[i] * (1 / 4f) + sum + sumOfTwo * (1 / 4f);
            y2[i] = sum + sumOfTwo + x5[i];
        }
        for (int i = 0; i < count; i++) {
            y1[i] = (x1[i] - x2[i]) * (-1 / 6f) + (x3[i] - x4[i]) * (1 / 12f);
        }
    }
}
