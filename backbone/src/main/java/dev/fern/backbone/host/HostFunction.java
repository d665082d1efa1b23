package dev.fern.backbone.host;

import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A differentiable function computed in Java on float32 arrays in host memory.
 *
 * <p>An instance serves one application: {@link #forward} may keep what {@link #backward} needs in
 * fields. Both may be called on a thread of the engine. Buffers hold the values in C order, are
 * valid only during the call, and must not be written unless they are outputs.
 */
public interface HostFunction {

    /**
     * Returns the shape of the result.
     *
     * @param inputs the shapes of the inputs
     */
    Shape outputShape(List<Shape> inputs);

    /**
     * Computes the result.
     *
     * @param inputs the inputs' values
     * @param output filled by this method
     */
    void forward(List<FloatBuffer> inputs, FloatBuffer output);

    /**
     * Computes the gradient of every input, also of those that turn out not to be wanted.
     *
     * @param inputs the inputs' values as in {@code forward}
     * @param output the result of {@code forward}
     * @param outputGradient the gradient of the loss with respect to the result
     * @param inputGradients filled by this method, one buffer an input
     */
    void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients);
}
