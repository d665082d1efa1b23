package dev.fern.backbone.convolution;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.FloatChunks;
import java.nio.FloatBuffer;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/** A convolution by oneDNN: inputs x [N, C, H, W], weights [F, C, K, K] and perhaps a bias [F]. */
final class ConvolutionFunction implements HostFunction {

    private final int stride;
    private final int padding;
    private final Precision precision;
    private ConvolutionShape shape;
    private int images;

    ConvolutionFunction(int stride, int padding, Precision precision) {
        this.stride = stride;
        this.padding = padding;
        this.precision = precision;
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        Shape weights = inputs.get(1);
        images = Math.toIntExact(x.get(0));
        shape =
                new ConvolutionShape(
                        Math.toIntExact(x.get(1)),
                        Math.toIntExact(weights.get(0)),
                        Math.toIntExact(x.get(2)),
                        Math.toIntExact(x.get(3)),
                        Math.toIntExact(weights.get(2)),
                        stride,
                        padding,
                        inputs.size() > 2,
                        precision);
        return new Shape(images, shape.outputs(), shape.outputHeight(), shape.outputWidth());
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        OneDnn.kernel(shape)
                .forward(inputs.get(0), inputs.get(1), shape.bias() ? inputs.get(2) : null, output);
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        ConvolutionGradients code = OneDnn.kernel(shape).gradients();
        inputGradient(code, inputs.get(1), outputGradient, inputGradients.get(0));
        FloatBuffer weights = inputGradients.get(1);
        FloatBuffer bias = shape.bias() ? inputGradients.get(2) : null;
        if (weights == null && bias == null) {
            return;
        }
        // oneDNN computes both at once; what is not wanted goes into memory of its own.
        try (FloatPointer room = new FloatPointer(inputs.get(1).capacity());
                FloatPointer more = new FloatPointer(shape.outputs())) {
            FloatBuffer w = isDirect(weights) ? weights : room.asBuffer();
            FloatBuffer b = !shape.bias() ? null : isDirect(bias) ? bias : more.asBuffer();
            weightsGradient(code, inputs.get(0), outputGradient, w, b);
            copy(w, weights);
            copy(b, bias);
        }
    }

    @Override
    public boolean skipsUnwanted() {
        return true;
    }

    private static void inputGradient(
            ConvolutionGradients code,
            FloatBuffer weights,
            FloatBuffer outputGradient,
            FloatBuffer wanted) {
        if (isDirect(wanted)) {
            code.ofInput(weights, outputGradient, wanted);
        } else if (wanted != null) {
            try (FloatPointer room = new FloatPointer(wanted.capacity())) {
                FloatBuffer gradient = room.asBuffer();
                code.ofInput(weights, outputGradient, gradient);
                copy(gradient, wanted);
            }
        }
    }

    /** Sums the gradients of the images, in their order, into direct buffers. */
    private void weightsGradient(
            ConvolutionGradients code,
            FloatBuffer x,
            FloatBuffer outputGradient,
            FloatBuffer weights,
            FloatBuffer bias) {
        code.ofWeights(shape.inputImage(x, 0), shape.outputImage(outputGradient, 0), weights, bias);
        if (images == 1) {
            return;
        }
        try (FloatPointer room = new FloatPointer(weights.capacity());
                FloatPointer more = new FloatPointer(shape.outputs())) {
            FloatBuffer nextWeights = room.asBuffer();
            FloatBuffer nextBias = bias == null ? null : more.asBuffer();
            for (int n = 1; n < images; n++) {
                code.ofWeights(
                        shape.inputImage(x, n),
                        shape.outputImage(outputGradient, n),
                        nextWeights,
                        nextBias);
                add(nextWeights, weights);
                if (bias != null) {
                    add(nextBias, bias);
                }
            }
        }
    }

    private static void add(FloatBuffer terms, FloatBuffer sums) {
        FloatChunks.forEach(
                sums.capacity(),
                (start, count, sum, term) -> {
                    sums.get(start, sum, 0, count);
                    terms.get(start, term, 0, count);
                    for (int i = 0; i < count; i++) {
                        sum[i] += term[i];
                    }
                    sums.put(start, sum, 0, count);
                });
    }

    private static boolean isDirect(FloatBuffer buffer) {
        return buffer != null && buffer.isDirect();
    }

    /** Copies a result to where it is wanted, if that is elsewhere. */
    private static void copy(FloatBuffer result, FloatBuffer wanted) {
        if (wanted != null && wanted != result) {
            wanted.put(0, result, 0, result.capacity());
        }
    }
}
