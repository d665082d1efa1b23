package dev.fern.backbone.host;

import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A differentiable function computed in Java on float32 arrays in host memory.
 *
 * <p>An instance serves one application: {@link #forward} may keep what {@link #backward} needs in
 * fields. {@link #forward} runs on the thread that applies the function; {@link #backward} may run
 * on another one, which belongs to the engine. Buffers hold the values in C order, are valid only
 * during the call, and must not be written unless they are outputs.
 */
public interface HostFunction {

    /**
     * {@return the shape of the result} It is called once, before {@link #forward}.
     *
     * @param inputs the shapes of the inputs, in their order
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
     * @param inputGradients filled by this method, one buffer per input
     */
    void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients);
}
