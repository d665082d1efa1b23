package dev.fern.backbone.host;

import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;

/** The identity, whose backward pass throws. */
final class FailingFunction implements HostFunction {

    static final String MESSAGE = "this backward pass fails on purpose";

    @Override
    public Shape outputShape(List<Shape> inputs) {
        return inputs.get(0);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        output.put(0, inputs.get(0), 0, output.capacity());
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        throw new UnsupportedOperationException(MESSAGE);
    }
}
