package dev.fern.backbone.host;

import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;

/** a * b, element by element: a function whose gradients need its inputs. */
final class Product implements HostFunction {

    @Override
    public Shape outputShape(List<Shape> inputs) {
        return inputs.get(0);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        for (int i = 0; i < output.capacity(); i++) {
            output.put(i, inputs.get(0).get(i) * inputs.get(1).get(i));
        }
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        for (int i = 0; i < outputGradient.capacity(); i++) {
            float gradient = outputGradient.get(i);
            inputGradients.get(0).put(i, gradient * inputs.get(1).get(i));
            inputGradients.get(1).put(i, gradient * inputs.get(0).get(i));
        }
    }
}
