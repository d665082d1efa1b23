package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.pooling.Pool;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.onednn.MapArray;
import dev.fern.backbone.onednn.MapFunctions;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The stem's max pooling: windows of 3x3, stride 2, padding 1. Input [N, C, H, W], output [N, C, (H
 * + 1) / 2, (W + 1) / 2]. Where several values of a window are the largest, the first one gets the
 * gradient.
 */
final class MaxPooling implements HostFunction {

    private int rows;
    private int height;
    private int width;
    private int outputHeight;
    private int outputWidth;

    static NDArray apply(NDArray x) {
        if (x instanceof MapArray map) {
            return MapFunctions.maxPool(map);
        }
        EngineBridge engine = EngineBridge.of(x);
        if (engine.supports(x)) {
            return engine.apply(new MaxPooling(), x);
        }
        return Pool.maxPool2d(x, new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), false);
    }

    /** {@return the shape of the result} */
    static Shape outputShape(Shape x) {
        return new Shape(x.get(0), x.get(1), (x.get(2) + 1) / 2, (x.get(3) + 1) / 2);
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        Shape output = outputShape(x);
        rows = Math.toIntExact(x.get(0) * x.get(1));
        height = Math.toIntExact(x.get(2));
        width = Math.toIntExact(x.get(3));
        outputHeight = Math.toIntExact(output.get(2));
        outputWidth = Math.toIntExact(output.get(3));
        return output;
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        int length = height * width;
        int outputLength = outputHeight * outputWidth;
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] columns = new float[width];
                    float[] pooled = new float[outputLength];
                    for (int row = from; row < to; row++) {
                        inputs.get(0).get(row * length, x);
                        for (int y = 0; y < outputHeight; y++) {
                            columnMaxima(x, y, columns);
                            windowMaxima(columns, pooled, y * outputWidth);
                        }
                        output.put(row * outputLength, pooled);
                    }
                });
    }

    /** Finds the maximum of every column of x within the windows of one output line. */
    private void columnMaxima(float[] x, int outputLine, float[] maxima) {
        int middle = 2 * outputLine * width;
        int above = outputLine == 0 ? middle : middle - width;
        int below = middle + width == x.length ? middle : middle + width;
        for (int i = 0; i < width; i++) {
            maxima[i] = Math.max(Math.max(x[above + i], x[middle + i]), x[below + i]);
        }
    }

    private void windowMaxima(float[] columns, float[] pooled, int start) {
        int whole = width / 2;
        pooled[start] = width == 1 ? columns[0] : Math.max(columns[0], columns[1]);
        for (int i = 1; i < whole; i++) {
            pooled[start + i] =
                    Math.max(Math.max(columns[2 * i - 1], columns[2 * i]), columns[2 * i + 1]);
        }
        if (whole > 0 && whole < outputWidth) {
            pooled[start + whole] = Math.max(columns[width - 2], columns[width - 1]);
        }
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        int length = height * width;
        int outputLength = outputHeight * outputWidth;
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] x = new float[length];
                    float[] maxima = new float[outputLength];
                    float[] gradient = new float[outputLength];
                    float[] spread = new float[length];
                    for (int row = from; row < to; row++) {
                        inputs.get(0).get(row * length, x);
                        output.get(row * outputLength, maxima);
                        outputGradient.get(row * outputLength, gradient);
                        Arrays.fill(spread, 0);
                        for (int y = 0, i = 0; y < outputHeight; y++) {
                            for (int column = 0; column < outputWidth; column++, i++) {
                                spread[find(maxima[i], x, y, column)] += gradient[i];
                            }
                        }
                        inputGradients.get(0).put(row * length, spread);
                    }
                });
    }

    /**
     * {@return the index in x at which the window of an output place has its maximum; the window's
     * centre if the maximum is NaN}
     */
    private int find(float maximum, float[] x, int outputLine, int outputColumn) {
        int top = Math.max(2 * outputLine - 1, 0);
        int bottom = Math.min(2 * outputLine + 1, height - 1);
        int left = Math.max(2 * outputColumn - 1, 0);
        int right = Math.min(2 * outputColumn + 1, width - 1);
        for (int y = top; y <= bottom; y++) {
            for (int i = y * width + left; i <= y * width + right; i++) {
                if (x[i] == maximum) {
                    return i;
                }
            }
        }
        return 2 * outputLine * width + 2 * outputColumn;
    }
}
