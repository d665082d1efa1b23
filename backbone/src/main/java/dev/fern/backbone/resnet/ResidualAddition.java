package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.Parallel;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The sum of two maps of one shape. As a host function it cuts PyTorch's graph between the residual
 * blocks, so that the backward pass goes through each block once.
 */
final class ResidualAddition implements HostFunction {

    private static final int CHUNK = 1 << 14;

    private int size;

    static NDArray apply(NDArray residual, NDArray identity) {
        EngineBridge engine = EngineBridge.of(residual);
        return engine.supports(residual)
                ? engine.apply(new ResidualAddition(), residual, identity)
                : residual.add(identity);
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        if (!inputs.get(0).equals(inputs.get(1))) {
            throw new IllegalArgumentException(
                    "maps of " + inputs.get(0) + " and " + inputs.get(1) + " can't be added");
        }
        size = Math.toIntExact(inputs.get(0).size());
        return inputs.get(0);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        forChunks(
                (start, a, b) -> {
                    inputs.get(0).get(start, a);
                    inputs.get(1).get(start, b);
                    for (int i = 0; i < a.length; i++) {
                        a[i] += b[i];
                    }
                    output.put(start, a);
                });
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        forChunks(
                (start, gradient, unused) -> {
                    outputGradient.get(start, gradient);
                    inputGradients.get(0).put(start, gradient);
                    inputGradients.get(1).put(start, gradient);
                });
    }

    /** Handles a part of the maps that begins at an index, with room for its values twice. */
    private interface Chunk {
        void accept(int start, float[] a, float[] b);
    }

    private void forChunks(Chunk body) {
        Parallel.forRows(
                (size + CHUNK - 1) / CHUNK,
                CHUNK,
                (from, to) -> {
                    for (int chunk = from; chunk < to; chunk++) {
                        int start = chunk * CHUNK;
                        int length = Math.min(CHUNK, size - start);
                        body.accept(start, new float[length], new float[length]);
                    }
                });
    }
}
