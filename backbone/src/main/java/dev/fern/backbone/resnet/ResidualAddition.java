package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.onednn.MapArray;
import dev.fern.backbone.onednn.MapFunctions;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The sum of two maps of one shape. As a host function it cuts PyTorch's graph between the residual
 * blocks, so that the backward pass goes through each block once.
 */
final class ResidualAddition implements HostFunction {

    private int size;

    static NDArray apply(NDArray residual, NDArray identity) {
        if (residual instanceof MapArray map) {
            return MapFunctions.add(map, (MapArray) identity);
        }
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
        FloatChunks.forEach(
                size,
                (start, count, a, b) -> {
                    inputs.get(0).get(start, a, 0, count);
                    inputs.get(1).get(start, b, 0, count);
                    for (int i = 0; i < count; i++) {
                        a[i] += b[i];
                    }
                    output.put(start, a, 0, count);
                });
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        FloatChunks.forEach(
                size,
                (start, count, gradient, unused) -> {
                    outputGradient.get(start, gradient, 0, count);
                    inputGradients.get(0).put(start, gradient, 0, count);
                    inputGradients.get(1).put(start, gradient, 0, count);
                });
    }
}
